"""The trials of the tuned arm as a table: what each learning rate came to, and which one was chosen."""

import pandas as pd

from casual_training.analysis.columns import CELL, TUNING_COLUMNS, as_table
from casual_training.study.lr_choice import choose


def tuning(found: list[dict], methods: list[str], n_factors: int) -> pd.DataFrame:
    """Make the table of trials (TUNING_COLUMNS), a row a trial.

    `chosen` is empty while trials of the configuration are missing.

    Args:
        found: what tuning.read_trial says of each trial.
        methods: the study's methods, in the order in which their rows are to stand.
        n_factors: the factors that every configuration tries.
    """
    cells: dict[tuple, list[dict]] = {}
    for trial in found:
        cells.setdefault(tuple(trial[column] for column in CELL), []).append(trial)
    rows = []
    for own in cells.values():
        factor = choose(own)
        rows += [trial | {"chosen": trial["lr_factor"] == factor if len(own) == n_factors else None} for trial in own]
    rows.sort(key=lambda row: (row["workload"], methods.index(row["method"]), row["workers"], row["lr_factor"]))
    return as_table(rows, TUNING_COLUMNS)
