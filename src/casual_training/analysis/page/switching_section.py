"""The original's first approach on the page: seconds against epochs with and without moving the network."""

import pandas as pd

from casual_training.analysis.tables.claims_of_the_original import MEMORY_SECONDS
from casual_training.analysis.wording import digits


def seconds_against_epochs(table: pd.DataFrame) -> dict:
    """Return the seconds against epochs of approach 1: medians and ranges over the seeds, beside the original's."""
    rows = []
    for (workload, device, epoch), own in table.groupby(["workload", "device", "epoch"], sort=False):
        if own["epoch"].iloc[0] in _some(table[table["workload"] == workload]["epoch"]):
            figures = [own["regular_seconds"], own["switching_seconds"], own["ratio"]]
            figures += [own["bytes_moved"] / 1e9, own["gb_per_second"]]
            where = f"{workload}, {'CPU' if device == 'cpu' else device}"
            rows.append({"where": where, "epoch": epoch, "cells": [_median_and_range(column) for column in figures]})
    regular, switching = MEMORY_SECONDS["regular"], MEMORY_SECONDS["switching"]
    original = [f"{regular:,}", f"{switching:,}", f"{switching / regular:.1f}", "-", "-"]
    return {"rows": rows, "epochs": MEMORY_SECONDS["epochs"], "original": original}


def _some(epochs: pd.Series) -> set[int]:
    """Choose at most ten epochs, evenly and with the last, because a page cannot list thousands."""
    last = int(epochs.max())
    return {round(last * tenth / min(10, last)) for tenth in range(1, min(10, last) + 1)}


def _median_and_range(figures: pd.Series) -> str:
    """Write "12.3 (12.1 to 12.4)", or a dash where there is no figure."""
    known = figures.dropna().astype(float)
    if known.empty:
        return "-"
    return f"{digits(known.median())} ({digits(known.min())} to {digits(known.max())})"
