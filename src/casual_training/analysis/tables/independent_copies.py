"""The upper bound of throughput: as many one-thread serial copies as cores at the same time, with nothing shared."""

from collections.abc import Iterable

import pandas as pd

from casual_training.analysis.frames import FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import Record

CAPTION = (
    "Samples per second of as many independent one-thread copies as there are cores, measured beside the runs of each "
    "seed."
)
INPUTS = ["independent_copies_records"]
COLUMNS = {
    "workload": TEXT,
    "seed": WHOLE,
    "copies": WHOLE,
    "status": TEXT,
    "cause": TEXT,
    "samples_per_second": FIGURE,
}


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return collect_copies(study.records(study.plan.independent_copies))


def collect_copies(records: Iterable[Record]) -> pd.DataFrame:
    """Make the table (COLUMNS), sorted by workload and seed.

    Its samples_per_second is the sum over the copies, empty unless all of them are done.
    """
    rows = [
        {"workload": record.run.workload, "seed": record.run.seed, "copies": record.run.workers}
        | {"status": record.status, "cause": record.cause, "samples_per_second": _throughput(record)}
        for record in records
    ]
    return as_table(rows, COLUMNS).sort_values(["workload", "seed"], ignore_index=True)


def _throughput(record: Record) -> float | None:
    copies = record.worker_records if record.ok else []
    is_whole = copies and all(copy.train_seconds for copy in copies)
    return sum(copy.samples / copy.train_seconds for copy in copies) if is_whole else None
