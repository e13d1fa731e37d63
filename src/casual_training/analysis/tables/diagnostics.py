"""What the workers waited for, how stale their updates are and where the time of a step goes, from what runs recorded.

The first two come from the ordinary runs that are ok: the median over the seeds. The last comes from the diagnosis, one
short run of the first seed that takes its steps apart.
"""

from itertools import zip_longest
from statistics import median

import pandas as pd

from casual_training.analysis.columns import CELL, DIAGNOSTICS_COLUMNS, PARTS, STALENESS_COLUMNS, as_table
from casual_training.analysis.wording import split


def diagnostics(runs: list[dict], diagnoses: list[dict]) -> pd.DataFrame:
    """Make the table of diagnostics (DIAGNOSTICS_COLUMNS), a row a configuration; empty is what was not measured.

    Args:
        runs: the runs of a study as run_folders.read_run gives them, in the order in which their rows are to stand.
        diagnoses: its diagnoses, given in the same way.
    """
    diagnosed = {_cell(run): run for run in diagnoses}
    rows = []
    for cell, own in _ok_by_cell(runs).items():
        waits = [waiting(run) for run in own]
        row = dict(zip(CELL, cell, strict=True)) | {"n_ok": len(own), "diagnosis": ""}
        row |= {column: _median([wait[column] for wait in waits]) for column in waits[0]} if waits else {}
        row |= of_a_step(diagnosed[cell], own) if cell in diagnosed else {}
        rows.append(row)
    return as_table(rows, DIAGNOSTICS_COLUMNS)


def staleness(runs: list[dict]) -> pd.DataFrame:
    """Count how many updates of others the updates of each parallel configuration missed (STALENESS_COLUMNS).

    The seeds of a configuration count together; a number of missed updates that never came up has no row.
    """
    rows = []
    for (workload, method, workers, epochs), own in _ok_by_cell(runs).items():
        counts = _histogram([worker for run in own for worker in run.get("worker_records") or []])
        about = {"workload": workload, "configuration": f"{method}, {split(workers, epochs)}"}
        rows += [
            about | {"updates_missed": missed, "updates": number, "share": number / sum(counts)}
            for missed, number in enumerate(counts)
            if number and workers > 1
        ]
    return as_table(rows, STALENESS_COLUMNS)


def waiting(run: dict) -> dict[str, float | None]:
    """Sum up what the workers of an ok run waited for and how stale their updates were; None was not measured."""
    workers = run.get("worker_records") or []
    n_steps = sum(worker.get("steps", 0) for worker in workers)
    train_seconds = sum(worker["train_seconds"] or 0.0 for worker in workers)
    counts = _histogram(workers)
    _, communication_seconds = _measured(workers, "communication_seconds")
    return {
        "overlap": run["overlap"] if run["workers"] > 1 else None,
        "staleness_mean": _share(sum(missed * number for missed, number in enumerate(counts)), sum(counts)),
        "lock_wait_seconds_per_step": _share(_measured(workers, "lock_wait_seconds")[1], n_steps),
        "lock_hold_seconds_per_step": _share(_measured(workers, "lock_hold_seconds")[1], n_steps),
        "round_trip_seconds": _share(*reversed(_measured(workers, "round_trip_seconds"))),
        "payload_bytes_per_step": _share(_measured(workers, "payload_bytes")[1], n_steps),
        "communication_seconds_per_step": _share(communication_seconds, n_steps),
        "communication_share": _share(communication_seconds, train_seconds),
    }


def of_a_step(diagnosis: dict, runs: list[dict]) -> dict[str, str | float | None]:
    """Return how a diagnosis ended; if it is ok, the share of each part of a step, the updates lost and the speed kept.

    Args:
        diagnosis: a diagnosis.
        runs: the ok runs of the same configuration; the one of the same seed tells the speed without diagnosis.
    """
    if diagnosis["status"] != "ok":
        return {"diagnosis": f"{diagnosis['status']}: {diagnosis['cause']}"}
    found = diagnosis["diagnosis"]
    total = sum(seconds or 0.0 for seconds in found["seconds"].values())
    speed = next((run["samples_per_second"] for run in runs if run["seed"] == diagnosis["seed"]), None)
    return {
        "diagnosis": "ok",
        **{f"{part}_of_step": _share(found["seconds"][part], total) for part in PARTS},
        "lost_updates": found["lost_updates"],
        "diagnosed_speed": _share(found["samples_per_second"], speed),
    }


def _ok_by_cell(runs: list[dict]) -> dict[tuple, list[dict]]:
    """Return the ok runs of each configuration, those without any included."""
    cells: dict[tuple, list[dict]] = {}
    for run in runs:
        own = cells.setdefault(_cell(run), [])
        own += [run] if run["status"] == "ok" else []
    return cells


def _cell(run: dict) -> tuple:
    return tuple(run[column] for column in CELL)


def _histogram(workers: list[dict]) -> list[int]:
    """Add up the workers' histograms of staleness, which may differ in length."""
    return [sum(bins) for bins in zip_longest(*(worker.get("staleness", []) for worker in workers), fillvalue=0)]


def _measured(workers: list[dict], measure: str) -> tuple[int, float | None]:
    """Add up how often workers measured something and what it came to; None if none of them did."""
    found = [worker["measures"][measure] for worker in workers if measure in worker.get("measures", {})]
    return sum(one["count"] for one in found), sum(one["sum"] for one in found) if found else None


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _median(figures: list[float | None]) -> float | None:
    measured = [figure for figure in figures if figure is not None]
    return median(measured) if measured else None
