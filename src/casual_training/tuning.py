"""The tuned arm: every method, serial included, with the best of the same few learning rates.

"As is" takes the workload's learning rate for every method. A study that tunes tries some factors of it as well, each
once a configuration, in a run of its own on a seed that no run of the study has, so that a rate is never chosen on the
runs that measure it. The choice looks at validation data only. A tuned run reads its trials when it starts.
"""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

from casual_training.run import Run
from casual_training.target import first_on_target

SUFFIX = "_tuned"  # of a method's name


def trials(run: Run, factors: Iterable[float], seed: int) -> list[Run]:
    """Give the trials of a configuration, one a factor.

    Args:
        run: any of the configuration's runs as is.
        factors: of the workload's learning rate, each above 0.
        seed: of the trials.
    """
    # A rate may be too high: that a trial diverges is an answer, and nothing to make again.
    return [dataclasses.replace(run, seed=seed, lr_factor=factor, expected_failure=True) for factor in factors]


def tuned(run: Run, factors: list[float], seed: int, target: float) -> Run:
    """Give the run that does what `run` does, with the learning rate that its trials choose.

    Args:
        run: a run as is.
        factors: as of `trials`.
        seed: as of `trials`.
        target: the validation metric that counts as trained.
    """
    tune = {"factors": factors, "seed": seed, "target": target}
    return dataclasses.replace(run, method=run.method + SUFFIX, tune=tune)


def trials_of(run: Run) -> list[Run]:
    """Give the trials that choose a run's learning rate; none unless it is tuned."""
    if run.tune is None:
        return []
    as_is = dataclasses.replace(run, method=run.method.removesuffix(SUFFIX), tune=None)
    return trials(as_is, run.tune["factors"], run.tune["seed"])


def lr_factor(run: Run, files: list[Path]) -> float:
    """Give what to multiply a run's learning rate by: 1 as is, what a trial tries, or what the trials choose.

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
