"""The learning rate of a tuned run: chosen from what its trials came to (plan/lr_trials.py)."""

from collections.abc import Iterable
from pathlib import Path

from casual_training.plan.lr_trials import trials_of
from casual_training.plan.run import Run
from casual_training.records.record import Record, read_record
from casual_training.study.time_to_target import first_on_target


def chosen_factor(run: Run, root: Path) -> float:
    """Return what the trials of a tuned run choose to multiply its learning rate by.

    Args:
        run: the run.
        root: the project folder, below which the trials of its configuration are.

    Raises:
        ValueError: the record of a trial cannot be read; one sentence that names it.
    """
    return choose([read_record(root / trial.folder) for trial in trials_of(run)], run.tune["target"])


def seconds_to_target(trial: Record, target: float) -> float | None:
    """Return the seconds after which a trial reached the target; None if it never did, or is not ok."""
    return first_on_target(target, trial.curve, trial.run.metric["higher_is_better"])[1] if trial.ok else None


def choose(trials: Iterable[Record], target: float) -> float:
    """Choose a factor: that of the ok trial which reaches the target after the fewest seconds.

    If none gets there, it is that of the best final validation metric. Of equals, it is the smallest. If no trial is
    ok, it is 1: the run itself will show why.

    Args:
        trials: the trials of one configuration.
        target: the validation metric that counts as trained.
    """
    ok = sorted((trial for trial in trials if trial.ok), key=lambda trial: trial.lr_factor)
    seconds = {trial.lr_factor: seconds_to_target(trial, target) for trial in ok}
    reached = {factor: after for factor, after in seconds.items() if after is not None}
    if reached:
        return min(reached, key=reached.__getitem__)
    return max(ok, key=_goodness).lr_factor if ok else 1.0


def _goodness(trial: Record) -> float:
    return trial.validation_metric if trial.run.metric["higher_is_better"] else -trial.validation_metric
