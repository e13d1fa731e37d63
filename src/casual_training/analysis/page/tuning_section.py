"""The tuned arm on the page: what each learning rate came to, and which one was chosen."""

from typing import Any

import pandas as pd

from casual_training.analysis.wording import digits, metric, split
from casual_training.plan.lr_trials import SUFFIX
from casual_training.plan.plan import Plan

AT_EDGE = "chosen, at the edge"  # of the factors that were tried: a better one may lie beyond


def learning_rates(table: pd.DataFrame, plan: Plan) -> dict:
    """Return what each learning rate came to: a row a configuration, a column a factor, for each workload."""
    metrics = {run.workload: run.metric["name"] for run in plan.runs}
    workloads = []
    for workload, trials in table.groupby("workload", sort=False):
        factors, measured = sorted(set(trials["lr_factor"])), metrics[workload]
        rows = []
        for (method, workers, epochs), own in trials.groupby(["method", "workers", "epochs"], sort=False):
            by_factor = {trial.lr_factor: _trial(trial, measured, factors) for trial in own.itertuples()}
            cells = [by_factor.get(factor, {"words": "-", "chosen": ""}) for factor in factors]
            rows.append({"method": method, "split": split(workers, epochs), "cells": cells})
        lr = f"{plan.config.workloads[workload].optimizer.lr:g}"
        headings = [f"x {factor:g}" for factor in factors]
        workloads.append({"workload": workload, "lr": lr, "factors": headings, "rows": rows})
    chosen = {cell["chosen"] for one in workloads for row in one["rows"] for cell in row["cells"]}
    return {"workloads": workloads, "suffix": SUFFIX, "at_edge": AT_EDGE, "has_edge": AT_EDGE in chosen}


def _trial(trial: Any, measured: str, factors: list[float]) -> dict:
    """Return the cell of a trial: its time to the target or else why it has none, and whether it was chosen."""
    chosen = ""
    if pd.notna(trial.chosen) and trial.chosen:
        chosen = AT_EDGE if len(factors) > 1 and trial.lr_factor in (factors[0], factors[-1]) else "chosen"
    if trial.status != "ok":
        return {"words": trial.status, "chosen": chosen}
    if pd.notna(trial.seconds_to_target):
        return {"words": f"{digits(trial.seconds_to_target)} s", "chosen": chosen}
    return {"words": f"not there: {metric(measured, trial.validation_metric)}", "chosen": chosen}
