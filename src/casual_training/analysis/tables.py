"""From run folders to tables: one row a run, one row a ceiling, one row a configuration.

A run that is not ok keeps its row, its status and its cause, and never has a time.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

RUNS_COLUMNS = (
    "workload method strategy workers epochs seed threads_per_worker cores oversubscribed order status expected "
    "cause import_seconds load_seconds spawn_seconds train_seconds evaluate_seconds write_seconds wall_seconds "
    "samples samples_per_second validation_accuracy test_accuracy test_loss cpu_seconds peak_rss_mb"
).split()
CEILINGS_COLUMNS = ["workload", "seed", "copies", "status", "cause", "samples_per_second"]
COMPARISON_COLUMNS = (
    "workload method workers epochs n_runs n_ok train_seconds_median samples_per_second_median "
    "speedup_vs_best_serial speedup_vs_serial_1_thread percent_of_ceiling test_accuracy_median"
).split()
LOSSES_COLUMNS = ["worker", "step", "seconds", "samples", "loss"]
PROVENANCE_COLUMNS = ["started_at", "machine", "versions", "commit"]
CELL = ["workload", "method", "workers", "epochs"]  # what one row of the comparison is about
FIGURES_OF_OK_RUNS = (
    "train_seconds samples samples_per_second validation_accuracy test_accuracy test_loss".split()
)

TEXT = "workload method strategy status cause configuration started_at machine versions commit".split()
FLAGS = ["oversubscribed", "expected"]
WHOLE = (
    "workers seed threads_per_worker cores order samples copies n_runs n_ok worker step logged_batch logged_batches".split()
)
DTYPES = (
    dict.fromkeys(TEXT, "string") | dict.fromkeys(FLAGS, "boolean") | dict.fromkeys(WHOLE, "Int64")
)  # every other column is float64; all of them know empty cells


def as_table(rows: Iterable, columns: list[str]) -> pd.DataFrame:
    """Make a table with exactly `columns`, each of its own dtype, also when there are no rows."""
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({column: DTYPES.get(column, "float64") for column in columns})


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a CSV table back with the dtypes it was made with; a name such as "nan" stays a name."""
    table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=DTYPES)
    if "cause" in table:
        table["cause"] = table["cause"].fillna("")
    return as_table(table, columns)


def collect_runs(folders: list[Path], methods: list[str]) -> pd.DataFrame:
    """Read each folder's run.json into one row (RUNS_COLUMNS), sorted by workload, method, workers, seed.

    Args:
        folders: run folders that exist; each holds a run.json.
        methods: the study's methods, in the order in which their rows are to stand.

    Raises:
        ValueError: a run.json cannot be read or lacks what identifies a run; the message names the file.
    """
    started, rows = [], []
    for folder in folders:
        run, row = read_run(folder)
        started.append(run["started_at"])
        rows.append(row)
    runs = as_table(rows, RUNS_COLUMNS)
    runs["order"] = pd.to_datetime(pd.Series(started, dtype="object"), utc=True).rank(method="first")
    runs.loc[runs["status"] != "ok", FIGURES_OF_OK_RUNS] = pd.NA
    position = {method: index for index, method in enumerate(methods)}
    rank = runs["method"].map(lambda method: position.get(method, len(position)))
    runs = runs.assign(rank=rank).sort_values(["workload", "rank", "workers", "epochs", "seed"])
    return as_table(runs.drop(columns="rank").reset_index(drop=True), RUNS_COLUMNS)


def read_run(folder: Path) -> tuple[dict, dict]:
    """Read a folder's run.json; return it and its row of runs.csv, missing readings as None."""
    path = folder / "run.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        identified = all(run[key] is not None for key in [*CELL, "seed", "status", "started_at"])
        readings = run | run.get("clocks", {})
        row = {column: _cell(column, readings.get(column)) for column in RUNS_COLUMNS}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read as a run ({error!r}); delete its folder and run again") from error
    if not identified:
        raise ValueError(f"{path} does not say which run it is; delete its folder and run again")
    return run, row | {"cause": row["cause"] or ""}


def _cell(column: str, value):
    kinds = {"string": str, "boolean": bool, "Int64": int}
    return None if value is None else kinds.get(DTYPES.get(column), float)(value)


def collect_ceilings(folders: list[Path]) -> pd.DataFrame:
    """Read each ceiling folder into one row (CEILINGS_COLUMNS), sorted by workload and seed.

    A ceiling is as many one-thread serial copies as cores at the same time, with nothing shared; its
    samples_per_second is the sum of the copies' own. Raises ValueError as `collect_runs` does.
    """
    rows = []
    for folder in folders:
        run, row = read_run(folder)
        records = run.get("worker_records") or []
        ok = row["status"] == "ok" and records
        speed = sum(record["samples"] / record["train_seconds"] for record in records) if ok else None
        rows.append(row | {"copies": run["workers"], "samples_per_second": speed})
    ceilings = as_table(rows, CEILINGS_COLUMNS)
    return ceilings.sort_values(["workload", "seed"], ignore_index=True)


def collect_provenance(folders: list[Path]) -> pd.DataFrame:
    """Say in words, for each folder, when, on which machine and with which versions and commit it ran."""
    rows = []
    for folder in folders:
        run, _ = read_run(folder)
        machine = run.get("machine") or {}
        known = {key: value for key, value in machine.items() if value is not None and key != "load_average"}
        commit = run.get("commit") or "unknown"
        rows.append(
            {
                "started_at": run["started_at"],
                "machine": ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in known.items()),
                "versions": ", ".join(f"{name} {version}" for name, version in (run.get("versions") or {}).items()),
                "commit": commit + (" with uncommitted changes" if run.get("commit_dirty") else ""),
            }
        )
    return as_table(rows, PROVENANCE_COLUMNS)


def logged_losses(folder: Path) -> pd.DataFrame:
    """Read a run folder's losses.csv (LOSSES_COLUMNS); no file gives an empty table."""
    path = folder / "losses.csv"
    return read_table(path, LOSSES_COLUMNS) if path.is_file() else as_table([], LOSSES_COLUMNS)


def best_serial(runs: pd.DataFrame, threads: int | None = None) -> str | None:
    """Name the serial method of one workload's `runs` with the smallest median time, or None if none is ok.

    Args:
        runs: rows of one workload.
        threads: consider only serial methods with this many threads.
    """
    serial = runs[(runs["strategy"] == "serial") & (runs["status"] == "ok")]
    if threads is not None:
        serial = serial[serial["threads_per_worker"].eq(threads).fillna(False)]
    return None if serial.empty else serial.groupby("method", sort=False)["train_seconds"].median().idxmin()


def pair(runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Set each run beside the baselines and the ceiling of its own workload and seed.

    Adds speedup_vs_best_serial and speedup_vs_serial_1_thread (times as fast), percent_of_ceiling, and
    ceiling_speedup (how fast the ceiling is against the best serial run); empty where there is no pair.
    """
    added = ["speedup_vs_best_serial", "speedup_vs_serial_1_thread", "percent_of_ceiling", "ceiling_speedup"]
    paired = runs.assign(**dict.fromkeys(added, float("nan")))
    for workload, group in runs.groupby("workload"):
        own = ceilings[ceilings["workload"] == workload]
        ceiling = group["seed"].map(own.set_index("seed")["samples_per_second"]).astype("float64")
        best, one_thread = best_serial(group), best_serial(group, threads=1)
        seconds, speed = group["train_seconds"], group["samples_per_second"]
        columns = [
            _of_same_seed(group, best, "train_seconds") / seconds,
            _of_same_seed(group, one_thread, "train_seconds") / seconds,
            100 * speed / ceiling,
            ceiling / _of_same_seed(group, best, "samples_per_second"),
        ]
        paired.loc[group.index, added] = pd.concat(columns, axis=1).to_numpy()
    return paired


def _of_same_seed(group: pd.DataFrame, method: str | None, column: str) -> pd.Series:
    of_method = group[group["method"] == method].groupby("seed")[column].median()
    return group["seed"].map(of_method).astype("float64")


def compare_methods(runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Summarise each configuration (COMPARISON_COLUMNS) by medians over its ok seeds, in the order of `runs`.

    Speed-ups are paired by seed against the best serial method and the best serial method with one thread.
    """
    cells = pair(runs, ceilings).groupby(CELL, sort=False)
    comparison = cells.agg(
        n_runs=("status", "size"),
        n_ok=("status", lambda status: (status == "ok").sum()),
        train_seconds_median=("train_seconds", "median"),
        samples_per_second_median=("samples_per_second", "median"),
        speedup_vs_best_serial=("speedup_vs_best_serial", "median"),
        speedup_vs_serial_1_thread=("speedup_vs_serial_1_thread", "median"),
        percent_of_ceiling=("percent_of_ceiling", "median"),
        test_accuracy_median=("test_accuracy", "median"),
    )
    return as_table(comparison.reset_index(), COMPARISON_COLUMNS)
