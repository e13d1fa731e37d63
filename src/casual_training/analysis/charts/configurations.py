"""Configurations as charts have them: their names, which of them are oversubscribed, and the runs to draw of them."""

import pandas as pd

from casual_training.analysis.frames import CELL
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.wording import split
from casual_training.records.record import Record


def configuration(method: str, workers: int, epochs: float, oversubscribed: bool = False) -> str:
    """Name a configuration: "hogwild, 4 workers x 1 epoch (oversubscribed)"."""
    return f"{method}, {split(workers, epochs)}" + (" (oversubscribed)" if oversubscribed else "")


def configurations(table: pd.DataFrame) -> list[str]:
    """Name the configuration of each row of a table that has method, workers and epochs."""
    return [configuration(*cell) for cell in table[["method", "workers", "epochs"]].itertuples(index=False)]


def oversubscribed(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of CELL of each configuration of the runs table, and whether it is oversubscribed."""
    return runs.groupby(CELL, sort=False)["oversubscribed"].any().reset_index()


def whole_records(study: StudyFolder) -> list[Record]:
    """Read the records of the runs that are ok and not cut short, in the order of the tables."""
    return [record for record in study.records_in_order() if record.ok and not record.run.throughput_only]
