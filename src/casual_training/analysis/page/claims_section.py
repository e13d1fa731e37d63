"""The original study, re-examined: its claims with what was measured about each, and what made its Hogwild! slow."""

from typing import Any

import pandas as pd

from casual_training.analysis.tables.claims_of_the_original import CAUSES
from casual_training.analysis.wording import count, digits

KINDS_OF_VERDICT = {"confirmed": "good", "refuted": "bad", "undecided": "warn"}


def claims_by_approach(claims: pd.DataFrame) -> dict[str, list[dict]]:
    """Return the original's claims by approach, each with what was measured about it, once or once a split."""
    approaches: dict[str, list[dict]] = {}
    for _, rows in claims[claims["approach"] != CAUSES].groupby("id", sort=False):
        found = [
            row._asdict() | {"figure": _figure(row), "kind": KINDS_OF_VERDICT.get(row.verdict, "plain")}
            for row in rows.itertuples()
        ]
        approaches.setdefault(rows["approach"].iloc[0], []).append(found[0] | {"found": found})
    return approaches


def _figure(row: Any) -> str:
    """Write what was measured about a claim: "1.85 times as fast (1.80 to 1.90, 3 seeds)"; empty without a figure."""
    if pd.isna(row.measured):
        return ""
    write = "{:.0f}".format if row.unit.startswith("%") else "{:+.1f}".format if "points" in row.unit else digits
    return f"{write(row.measured)} {row.unit} ({write(row.low)} to {write(row.high)}, {count(row.n, 'seed')})"


def causes_of_slowness(claims: pd.DataFrame) -> dict:
    """Return what made the original's Hogwild! slow: a row a change, a column a split, how many times as fast it is."""
    own = claims[claims["approach"] == CAUSES]
    splits = sorted(set(own["split"]) - {""}, key=lambda name: int(name.partition("x")[0]))
    rows = []
    for change, group in own.groupby("claim", sort=False):
        by_split = {row.split: row for row in group.itertuples()}
        rows.append({"change": change, "cells": [_effect(by_split.get(name)) for name in splits]})
    return {"splits": splits, "rows": rows, "command": own["command"].max()}


def _effect(row: Any) -> dict:
    """Return the cell of a change in a split: its effect, range and verdict; without a figure, only the verdict."""
    if row is None:
        return {"effect": "-", "range": "", "verdict": ""}
    if pd.isna(row.measured):
        return {"effect": "-", "range": "", "verdict": row.verdict}
    return {"effect": digits(row.measured), "range": f"{digits(row.low)} to {digits(row.high)}", "verdict": row.verdict}
