"""What the workers waited for, how stale their updates are and where the time of a step goes, from what runs recorded.

The first two come from the ordinary runs that are ok: the median over the seeds. The last comes from the diagnosis, one
short run of the first seed that takes its steps apart.
"""

from collections.abc import Iterable
from itertools import zip_longest
from statistics import median

import pandas as pd

from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import PARTS, Record, Worker

CAPTION = (
    "One row a method and split: what its workers waited for, how stale their updates are, and where the time of a "
    "step goes."
)
INPUTS = ["records", "diagnoses"]
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "n_ok": WHOLE,
    "overlap": FIGURE,
    "staleness_mean": FIGURE,
    "lock_wait_seconds_per_step": FIGURE,
    "lock_hold_seconds_per_step": FIGURE,
    "round_trip_seconds": FIGURE,
    "payload_bytes_per_step": FIGURE,
    "communication_seconds_per_step": FIGURE,
    "communication_share": FIGURE,
    "diagnosis": TEXT,
    **{f"{part}_of_step": FIGURE for part in PARTS},
    "lost_updates": FIGURE,
    "diagnosed_speed": FIGURE,
}


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return diagnostics(study.records_in_order(), study.records(study.plan.diagnoses))


def diagnostics(records: Iterable[Record], diagnoses: Iterable[Record]) -> pd.DataFrame:
    """Make the table (COLUMNS), a row a configuration; empty is what was not measured.

    Args:
        records: the runs of a study, in the order in which their rows are to stand.
        diagnoses: its diagnoses.
    """
    diagnosed = {_cell(record): record for record in diagnoses}
    rows = []
    for cell, own in ok_by_cell(records).items():
        waits = [waiting(record) for record in own]
        row = dict(zip(CELL, cell, strict=True)) | {"n_ok": len(own), "diagnosis": ""}
        row |= {column: _median([wait[column] for wait in waits]) for column in waits[0]} if waits else {}
        row |= of_a_step(diagnosed[cell], own) if cell in diagnosed else {}
        rows.append(row)
    return as_table(rows, COLUMNS)


def waiting(record: Record) -> dict[str, float | None]:
    """Sum up what the workers of an ok run waited for and how stale their updates were; None was not measured."""
    workers = record.worker_records
    n_steps = sum(worker.steps for worker in workers)
    train_seconds = sum(worker.train_seconds or 0.0 for worker in workers)
    counts = staleness_histogram(workers)
    _, communication_seconds = _measured(workers, "communication_seconds")
    return {
        "overlap": record.overlap if record.run.workers > 1 else None,
        "staleness_mean": _share(sum(missed * number for missed, number in enumerate(counts)), sum(counts)),
        "lock_wait_seconds_per_step": _share(_measured(workers, "lock_wait_seconds")[1], n_steps),
        "lock_hold_seconds_per_step": _share(_measured(workers, "lock_hold_seconds")[1], n_steps),
        "round_trip_seconds": _share(*reversed(_measured(workers, "round_trip_seconds"))),
        "payload_bytes_per_step": _share(_measured(workers, "payload_bytes")[1], n_steps),
        "communication_seconds_per_step": _share(communication_seconds, n_steps),
        "communication_share": _share(communication_seconds, train_seconds),
    }


def of_a_step(diagnosis: Record, records: Iterable[Record]) -> dict[str, str | float | None]:
    """Return how a diagnosis ended; if it is ok, the share of each part of a step, the updates lost and the speed kept.

    Args:
        diagnosis: a diagnosis.
        records: the ok runs of the same configuration; the one of the same seed tells the speed without diagnosis.
    """
    if not diagnosis.ok:
        return {"diagnosis": f"{diagnosis.status}: {diagnosis.cause}"}
    found = diagnosis.step_breakdown
    total = sum(seconds or 0.0 for seconds in found.seconds.values())
    speed = next((record.samples_per_second for record in records if record.run.seed == diagnosis.run.seed), None)
    return {
        "diagnosis": "ok",
        **{f"{part}_of_step": _share(found.seconds[part], total) for part in PARTS},
        "lost_updates": found.lost_updates,
        "diagnosed_speed": _share(found.samples_per_second, speed),
    }


def ok_by_cell(records: Iterable[Record]) -> dict[tuple, list[Record]]:
    """Return the ok runs of each configuration (CELL), those without any included."""
    cells: dict[tuple, list[Record]] = {}
    for record in records:
        own = cells.setdefault(_cell(record), [])
        own += [record] if record.ok else []
    return cells


def staleness_histogram(workers: Iterable[Worker]) -> list[int]:
    """Add up the workers' histograms of staleness, which may differ in length."""
    return [sum(bins) for bins in zip_longest(*(worker.staleness for worker in workers), fillvalue=0)]


def _cell(record: Record) -> tuple:
    return tuple(getattr(record.run, column) for column in CELL)


def _measured(workers: list[Worker], measure: str) -> tuple[int, float | None]:
    """Add up how often workers measured something and what it came to; None if none of them did."""
    found = [worker.measures[measure] for worker in workers if measure in worker.measures]
    return sum(one.count for one in found), sum(one.sum for one in found) if found else None


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _median(figures: list[float | None]) -> float | None:
    measured = [figure for figure in figures if figure is not None]
    return median(measured) if measured else None
