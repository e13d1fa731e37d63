"""The learning rate of a tuned run: chosen from what its trials came to (plan/lr_trials.py)."""

import json
from pathlib import Path

from casual_training.plan.run import Run
from casual_training.records.time_to_target import first_on_target


def lr_factor(run: Run, files: list[Path]) -> float:
    """Return what to multiply a run's learning rate by: 1 as is, what a trial tries, or what the trials choose.

    Args:
        run: the run.
        files: run.json of each of its trials.
    """
    if run.tune is None:
        return 1 if run.lr_factor is None else run.lr_factor
    return choose([read_trial(file, run.tune["target"]) for file in files])


def read_trial(file: Path, target: float) -> dict:
    """Read what a trial says, from its run.json: of which configuration, its lr_factor and status, and how it learned.

    That is seconds_to_target, validation_metric (the final one) and higher_is_better; the first is None if it never got
    there, and both are if it is not ok.
    """
    record = json.loads(file.read_text(encoding="utf-8"))
    keys = ["workload", "method", "workers", "epochs", "lr_factor", "status", "higher_is_better", "validation_metric"]
    curve = [(point["samples"], point["seconds"], point["validation_metric"]) for point in record["curve"]]
    _, seconds = first_on_target(target, curve, record["higher_is_better"])
    return {key: record[key] for key in keys} | {"seconds_to_target": seconds}


def choose(found: list[dict]) -> float:
    """Choose a factor: that of the ok trial which is on target after the fewest seconds.

    If none gets there, it is that of the best final validation metric. Of equals, it is the smallest. If no trial is
    ok, it is 1: the run itself will show why.

    Args:
        found: what `read_trial` says of each trial of one configuration.
    """
    ok = sorted((trial for trial in found if trial["status"] == "ok"), key=lambda trial: trial["lr_factor"])
    reached = [trial for trial in ok if trial["seconds_to_target"] is not None]
    if reached:
        return min(reached, key=lambda trial: trial["seconds_to_target"])["lr_factor"]
    return max(ok, key=_goodness, default={"lr_factor": 1})["lr_factor"]


def _goodness(trial: dict) -> float:
    return trial["validation_metric"] if trial["higher_is_better"] else -trial["validation_metric"]
