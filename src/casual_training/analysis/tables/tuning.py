"""The trials of the tuned arm: what each learning rate came to, and which one was chosen (plan/lr_trials.py)."""

from collections.abc import Collection, Iterable

import pandas as pd

from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.lr_choice import Trial, choose, trial_of

CAPTION = (
    "The trials of the tuned arm: how soon a configuration is on target with each factor of the workload's learning "
    "rate, how well it ends, and which factor was chosen. Empty in a study that tunes nothing."
)
INPUTS = ["trials"]
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "lr_factor": FIGURE,
    "status": TEXT,
    "seconds_to_target": FIGURE,
    "validation_metric": FIGURE,
    "chosen": FLAG,
}


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    plan = study.plan
    trials = [trial_of(record, plan.targets[record.run.workload]) for record in study.records(plan.trials)]
    return collect_trials(trials, plan.methods, len(plan.config.study.tune))


def collect_trials(trials: Iterable[Trial], methods: Collection[str], n_factors: int) -> pd.DataFrame:
    """Make the table (COLUMNS), a row a trial.

    `chosen` is empty while trials of the configuration are missing.

    Args:
        trials: what each trial came to.
        methods: the study's methods, in the order in which their rows are to stand.
        n_factors: the factors that every configuration tries.
    """
    cells: dict[tuple, list[Trial]] = {}
    for trial in trials:
        cells.setdefault(tuple(getattr(trial.run, column) for column in CELL), []).append(trial)
    rows = []
    for cell, own in cells.items():
        factor = choose(own)
        rows += [
            dict(zip(CELL, cell, strict=True))
            | {"lr_factor": trial.lr_factor, "status": trial.status, "seconds_to_target": trial.seconds_to_target}
            | {"validation_metric": trial.validation_metric}
            | {"chosen": trial.lr_factor == factor if len(own) == n_factors else None}
            for trial in own
        ]
    place = {name: index for index, name in enumerate(methods)}
    rows.sort(key=lambda row: (row["workload"], place[row["method"]], row["workers"], row["lr_factor"]))
    return as_table(rows, COLUMNS)
