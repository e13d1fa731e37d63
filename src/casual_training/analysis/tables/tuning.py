"""The trials of the tuned arm: what each learning rate came to, and which one was chosen (plan/lr_trials.py)."""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import Record
from casual_training.study.lr_choice import choose, seconds_to_target

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
    return collect_trials(study.records(plan.trials), plan.methods, plan.targets, len(plan.config.study.tune))


def collect_trials(
    trials: Iterable[Record], methods: Collection[str], targets: Mapping[str, float], n_factors: int
) -> pd.DataFrame:
    """Make the table (COLUMNS), a row a trial.

    `chosen` is empty while trials of the configuration are missing.

    Args:
        trials: the records of the trials.
        methods: the study's methods, in the order in which their rows are to stand.
        targets: the validation metric that counts as trained, by workload.
        n_factors: the factors that every configuration tries.
    """
    cells: dict[tuple, list[Record]] = {}
    for trial in trials:
        cells.setdefault(tuple(getattr(trial.run, column) for column in CELL), []).append(trial)
    rows = []
    for cell, own in cells.items():
        about, target = dict(zip(CELL, cell, strict=True)), targets[own[0].run.workload]
        factor = choose(own, target)
        rows += [
            about
            | {"lr_factor": trial.lr_factor, "status": trial.status, "validation_metric": trial.validation_metric}
            | {"seconds_to_target": seconds_to_target(trial, target)}
            | {"chosen": trial.lr_factor == factor if len(own) == n_factors else None}
            for trial in own
        ]
    place = {name: index for index, name in enumerate(methods)}
    rows.sort(key=lambda row: (row["workload"], place[row["method"]], row["workers"], row["lr_factor"]))
    return as_table(rows, COLUMNS)
