"""Reads what a run left in its folder: run.json and losses.csv, each whole and of the right kinds, or refused.

A file that somebody cut, copied wrongly or edited by hand ends in one sentence that names it, never in a traceback.
"""

import functools
import json
from datetime import datetime
from pathlib import Path

import pandas as pd

from casual_training.analysis.columns import (
    CELL,
    FIGURE,
    FLAG,
    LOGGED_COLUMNS,
    PARTS,
    RUNS_COLUMNS,
    TEXT,
    WHOLE,
    as_table,
    read_table,
)

WHICH = [*CELL, "seed"]  # says which run of a study a run is
LARGEST = 2**63 - 1  # of a whole number in a table
MOST_COUNTED = 2**53  # of steps or samples in losses.csv: sums of them stay whole numbers
MAGNITUDES = (1e-100, 1e100)  # of a figure that is not 0: no reading is beyond, and their ratios stay finite


def read_run(folder: Path) -> dict:
    """Read a folder's run.json: every key of it and, missing readings as None, every column of runs.csv.

    Its curve is a list of (samples, seconds, validation metric), in the order of samples. The run is kept for the next
    caller, so it is not to be changed.

    Raises:
        ValueError: the file cannot be read or does not say which run it is; the message names it.
    """
    path = folder / "run.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ValueError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return ValueError(f"{path} cannot be read as a run ({reason}); delete its folder, run it again")


@functools.cache
def _read(path: Path, _modified: int) -> dict:
    """Read a run.json once for all tables and charts that one process makes of it."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        readings = run | (run.get("clocks") or {})
        run |= {column: _checked(readings.get(column), dtype, column) for column, dtype in RUNS_COLUMNS.items()}
        # A run of an earlier format names no metric and has other points; its spec is not that of the present config.
        run["curve"] = sorted(map(_point, (run["metric"] and run.get("curve")) or []))
        run["started"] = datetime.fromisoformat(run["started_at"]).timestamp()
        _check_parts(run)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise _unreadable(path, error) from error
    spec = run.get("spec") or {}
    if any(run[key] is None or run[key] != spec.get(key, run[key]) for key in WHICH) or run["status"] is None:
        raise ValueError(f"{path} does not say which run it is; delete its folder, run it again")
    if run["cause"] is None:
        run["cause"] = ""
    run["step_ms"] = _step_ms(run)
    run["throughput_only"], run["tuned"] = bool(run["throughput_only"]), bool(run["tuned"])
    return run


def _step_ms(run: dict) -> float | None:
    """Return the milliseconds of training for each step of a worker, of the one that made most; None if none is known."""
    n_steps = max((worker.get("steps", 0) for worker in run.get("worker_records") or []), default=0)
    return 1000 * run["train_seconds"] / n_steps if n_steps and run["train_seconds"] else None


def _point(entry: dict) -> tuple[int, float, float]:
    samples, seconds = _required(entry, "samples", WHOLE), _required(entry, "seconds", FIGURE)
    if not samples or not seconds:
        raise ValueError("its curve has a point before the first step")
    return samples, seconds, _required(entry, "validation_metric", FIGURE)


def _required(part: dict, key: str, dtype: str):
    return _present(part[key], dtype, key)


def _present(value, dtype: str, name: str):
    if value is None:
        raise ValueError(f"{name} is empty")
    return _checked(value, dtype, name)


def _checked(value, dtype: str, name: str):
    """Return a reading as it is, a figure as a float, if its kind is that of its column; None is none."""
    if value is None:
        return None
    if type(value) is int and dtype == FIGURE:
        value = float(value)
    if type(value) is not {TEXT: str, WHOLE: int, FIGURE: float, FLAG: bool}[dtype]:
        raise ValueError(f"{name} is {value!r:.50}")
    is_count = dtype == WHOLE and 0 <= value <= LARGEST
    is_figure = dtype == FIGURE and (not value or MAGNITUDES[0] < abs(value) < MAGNITUDES[1])
    if not (is_count or is_figure or dtype in (TEXT, FLAG)) or (name.endswith("seconds") and value < 0):
        raise ValueError(f"{name} is {value!r:.50}")
    return value


def _check_parts(run: dict) -> None:
    """Check what the tables and the page read of a run.json beside its columns, and that an ok run has an end."""
    for part in ("machine", "versions", "spec", "details"):
        if not isinstance(run.get(part) or {}, dict):
            raise ValueError(f"{part} is {run[part]!r:.50}")
    for worker in run.get("worker_records") or []:
        _required(worker, "samples", WHOLE)
        _checked(worker["train_seconds"], FIGURE, "train_seconds")
        _present(worker.get("steps", 0), WHOLE, "steps")
        for number in worker.get("staleness", []):
            _present(number, WHOLE, "staleness")
        for measured in worker.get("measures", {}).values():
            _required(measured, "count", WHOLE)
            _required(measured, "sum", FIGURE)
    spec = run.get("spec") or {}
    if spec.get("lr_factor") not in (None, run["lr_factor"]):
        raise ValueError(f"lr_factor is {run['lr_factor']!r}")
    if run["status"] != "ok":
        return
    if run["metric"] and not run["throughput_only"]:
        _required(run, "validation_metric", FIGURE)
        _required(run, "higher_is_better", FLAG)
    if spec.get("diagnose"):
        diagnosis = run["diagnosis"]
        for part in PARTS:
            _checked(diagnosis["seconds"][part], FIGURE, part)
        _required(diagnosis, "samples_per_second", FIGURE)
        _checked(diagnosis["lost_updates"], FIGURE, "lost_updates")
    if run["strategy"] == "device_switching" and not run["throughput_only"]:
        _required(run["details"], "bytes_moved", WHOLE)
        for number in run["details"]["pass_seconds"]:
            if not _checked(number, FIGURE, "pass_seconds"):
                raise ValueError(f"pass_seconds holds {number!r}")


def logged_losses(folder: Path) -> pd.DataFrame:
    """Read the losses.csv of a run that is ok (LOGGED_COLUMNS), whose every cell is a figure; no file: an empty table.

    Raises:
        ValueError: the file cannot be read, or a cell is empty or no figure that an ok run has; the message names it.
    """
    path = folder / "losses.csv"
    if not path.is_file():
        return as_table([], LOGGED_COLUMNS)
    logged = read_table(path, LOGGED_COLUMNS)
    for column in LOGGED_COLUMNS:
        bound = MAGNITUDES[1] if LOGGED_COLUMNS[column] == FIGURE else MOST_COUNTED
        is_figure = (logged[column].abs() < bound).fillna(False)
        if not is_figure.all() or (column != "loss" and (logged[column] < 0).any()):
            raise ValueError(f"{path} has a {column} that no run that is ok has; delete its folder, run it again")
    return logged
