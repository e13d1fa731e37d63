"""Reads the losses.csv that a run leaves beside its run.json: a logged loss a row."""

from pathlib import Path

import pandas as pd

from casual_training.analysis.frames import FIGURE, WHOLE, as_table, read_table
from casual_training.records.losses_csv import FILE
from casual_training.records.record import MAGNITUDES

COLUMNS = {"worker": WHOLE, "step": WHOLE, "seconds": FIGURE, "samples": WHOLE, "loss": FIGURE}
LARGEST_COUNT = 2**53  # of steps or samples: sums of them stay whole numbers


def logged_losses(folder: Path) -> pd.DataFrame:
    """Read the losses.csv of a run that is ok (COLUMNS), whose every cell is a figure; no file: an empty table.

    Raises:
        ValueError: the file cannot be read, or a cell is empty or no figure that an ok run has; the message names it.
    """
    path = folder / FILE
    if not path.is_file():
        return as_table([], COLUMNS)
    logged = read_table(path, COLUMNS)
    for column in COLUMNS:
        bound = MAGNITUDES[1] if COLUMNS[column] == FIGURE else LARGEST_COUNT
        is_figure = (logged[column].abs() < bound).fillna(False)
        if not is_figure.all() or (column != "loss" and (logged[column] < 0).any()):
            raise ValueError(f"{path} has a {column} that no run that is ok has; delete its folder, run it again")
    return logged
