"""From run folders to tables: one row a run, one row a ceiling, one row a configuration.

A run that is not ok keeps its row, its status and its cause, and never has a time.
"""

import math
from pathlib import Path

import pandas as pd

from casual_training.analysis.columns import (
    CEILINGS_COLUMNS,
    CELL,
    COMPARISON_COLUMNS,
    FIGURE,
    PROVENANCE_COLUMNS,
    RUNS_COLUMNS,
    as_table,
)
from casual_training.analysis.run_folders import read_run
from casual_training.study.time_to_target import TOLERANCE, first_on_target

ONLY_OF_OK_RUNS = [
    "train_seconds",
    "samples",
    "samples_per_second",
    "step_ms",
    "validation_metric",
    "test_metric",
    "test_loss",
]
NOT_OF_RATE_ONLY_RUNS = ["train_seconds", "validation_metric", "test_metric", "test_loss"]


def collect_runs(folders: list[Path], methods: list[str], targets: dict[str, float | None]) -> pd.DataFrame:
    """Make the runs table (RUNS_COLUMNS) of run folders, workloads and methods in the order of the study.

    Args:
        folders: run folders that exist, each with a run.json.
        methods: the study's methods, in the order in which their rows are to stand.
        targets: the validation metric that counts as trained, by workload, in the order in which these are to stand.
            None, or no entry, is the worst that a serial run ended with, rounded to a whole percentage point of
            accuracy, or to two digits of another metric, so that every serial run gets there.

    Raises:
        ValueError: as `read_run`.
    """
    read = [read_run(folder) for folder in folders]
    runs = as_table(read, RUNS_COLUMNS)
    runs["order"] = pd.Series([run["started"] for run in read], dtype=FIGURE).rank(method="first")
    is_ok = runs["status"] == "ok"
    runs.loc[~is_ok, ONLY_OF_OK_RUNS] = pd.NA
    runs.loc[runs["throughput_only"], NOT_OF_RATE_ONLY_RUNS] = pd.NA
    given = {workload: target for workload, target in targets.items() if target is not None}
    runs["target"] = runs["workload"].map(_serial_targets(runs) | given).astype(FIGURE)
    curves = [run["curve"] if ok else [] for run, ok in zip(read, is_ok & ~runs["throughput_only"], strict=True)]
    directions = runs["higher_is_better"].fillna(True)
    reached = [first_on_target(*of_run) for of_run in zip(runs["target"], curves, directions, strict=True)]
    runs["samples_to_target"] = [samples for samples, _ in reached]
    runs["seconds_to_target"] = [seconds for _, seconds in reached]
    for column, names in {"workload": list(targets), "method": methods}.items():
        place = {name: index for index, name in enumerate(names)}
        runs[f"place of {column}"] = [place.get(name, len(names)) for name in runs[column]]
    by = ["place of workload", "workload", "place of method", "workers", "epochs", "seed"]
    runs = runs.sort_values(by, ignore_index=True)
    return as_table(runs, RUNS_COLUMNS)


def _serial_targets(runs: pd.DataFrame) -> dict[str, float]:
    """Take each workload's target from its serial runs; a workload without an ok one has none."""
    serial = arm(whole(runs))
    serial = serial[serial["strategy"] == "serial"].dropna(subset=["validation_metric"])
    targets = {}
    for workload, own in serial.groupby("workload"):
        metric, rises = own["metric"].iloc[0], bool(own["higher_is_better"].iloc[0])
        worst = own["validation_metric"].min() if rises else own["validation_metric"].max()
        places = 2 if metric == "accuracy" else _places_of_two_digits(worst)
        targets[workload] = _round(worst, places, up=not rises)
    return targets


def _places_of_two_digits(value: float) -> int:
    return 1 - math.floor(math.log10(abs(value))) if value else 0


def _round(value: float, places: int, up: bool) -> float:
    """Round up or down to so many decimal places; what is there already stays."""
    scaled = value * 10.0**places
    whole = math.ceil(scaled - TOLERANCE) if up else math.floor(scaled + TOLERANCE)
    return round(whole / 10.0**places, max(0, places))


def whole(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out the runs of which only the rate was measured."""
    return runs[~runs["throughput_only"].fillna(False)]


def arm(runs: pd.DataFrame, tuned: bool = False) -> pd.DataFrame:
    """Choose the runs as is, or those of the tuned arm (tuning.py)."""
    return runs[runs["tuned"].fillna(False) == tuned]


def directions(runs: pd.DataFrame) -> dict[str, bool]:
    """Describe of each workload whether more of its metric is better."""
    return runs.groupby("workload")["higher_is_better"].first().fillna(True).astype(bool).to_dict()


def collect_ceilings(folders: list[Path]) -> pd.DataFrame:
    """Make the ceilings table (CEILINGS_COLUMNS) of ceiling folders, sorted by workload and seed.

    A ceiling is as many one-thread serial copies as cores at the same time, with nothing shared; its
    samples_per_second is the sum over the copies, empty unless all of them are done. Raises ValueError as `read_run`.
    """
    rows = []
    for run in map(read_run, folders):
        copies = run["worker_records"] if run["status"] == "ok" else []
        is_whole = all(copy["train_seconds"] for copy in copies)
        speed = sum(copy["samples"] / copy["train_seconds"] for copy in copies) if copies and is_whole else None
        rows.append(run | {"copies": run["workers"], "samples_per_second": speed})
    return as_table(rows, CEILINGS_COLUMNS).sort_values(["workload", "seed"], ignore_index=True)


def collect_provenance(folders: list[Path]) -> pd.DataFrame:
    """Say in words when, on which machine, with which versions and at which commit each folder was made."""
    rows = []
    for run in map(read_run, folders):
        machine, versions = run.get("machine") or {}, run.get("versions") or {}
        row = {"started_at": run["started_at"], "machine": _machine_in_words(machine) or "unknown"}
        row["versions"] = ", ".join(f"{name} {version}" for name, version in versions.items()) or "unknown"
        dirty = " with uncommitted changes" if run.get("commit_dirty") else ""
        row["commit"] = f"{run.get('commit') or 'unknown'}{dirty}"
        rows.append(row)
    return as_table(rows, PROVENANCE_COLUMNS)


def _machine_in_words(machine: dict) -> str:
    """Describe what a machine is, first of all its cores: "2 virtual cores (AMD EPYC); logical cpus: 2, ..."."""
    machine = {key: value for key, value in machine.items() if value is not None}
    cores, processor = machine.pop("physical_cores", ""), machine.pop("processor", "processor unknown")
    kind = f"{'virtual ' if machine.pop('virtual', False) else ''}{'core' if cores == 1 else 'cores'} ({processor})"
    others = [f"{key.replace('_gb', ' (GB)').replace('_', ' ')}: {value}" for key, value in machine.items()]
    return "; ".join([f"{cores} {kind}".strip(), ", ".join(others)]) if others else ""


def best_serial(runs: pd.DataFrame, threads: int | None = None, tuned: bool = False) -> str | None:
    """Name the serial method with the smallest median training time, or None if no serial run is ok.

    Args:
        runs: the runs of one workload.
        threads: consider only the methods with this many threads.
        tuned: consider the tuned arm instead of the one as is.
    """
    serial = arm(whole(runs), tuned)
    serial = serial[(serial["strategy"] == "serial") & (serial["status"] == "ok")]
    if threads is not None:
        serial = serial[serial["threads_per_worker"].eq(threads).fillna(False)]
    return None if serial.empty else serial.groupby("method", sort=False)["train_seconds"].median().idxmin()


def pair(runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Set each run beside the baselines of its own arm and the ceiling, of its own workload and seed.

    Adds speedup_vs_best_serial and speedup_vs_serial_1_thread (times as fast) and parallel_efficiency_percent; empty where one
    of the pair is missing.
    """
    added = ["speedup_vs_best_serial", "speedup_vs_serial_1_thread", "parallel_efficiency_percent"]
    paired = runs.assign(**dict.fromkeys(added, float("nan")))
    for (workload, tuned), group in runs.groupby(["workload", runs["tuned"].fillna(False)]):
        own = ceilings[ceilings["workload"] == workload].set_index("seed")
        ceiling = group["seed"].map(own["samples_per_second"]).astype(FIGURE)
        best, one_thread = best_serial(group, tuned=tuned), best_serial(group, 1, tuned)
        columns = [
            _of_same_seed(group, best, "train_seconds") / group["train_seconds"],
            _of_same_seed(group, one_thread, "train_seconds") / group["train_seconds"],
            100 * group["samples_per_second"] / ceiling,
        ]
        paired.loc[group.index, added] = pd.concat(columns, axis=1).to_numpy()
    return paired


def _of_same_seed(group: pd.DataFrame, method: str | None, column: str) -> pd.Series:
    by_seed = group[group["method"] == method].groupby("seed")[column].median()
    return group["seed"].map(by_seed).astype(FIGURE)


def compare_methods(runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Summarise each configuration (COMPARISON_COLUMNS) by medians over its ok seeds, in the order of `runs`.

    Speed-ups are paired by seed with the best serial method and with the best of one thread, those of tuned
    configurations with tuned ones. A median time to the
    target is there only if every ok seed reached it: one over the lucky seeds would flatter. What a method costs in
    code and the verdicts are left empty: code_cost.py and verdict.py know.
    """
    cells = pair(runs, ceilings).groupby(CELL, sort=False)
    comparison = cells.agg(
        throughput_only=("throughput_only", "any"),
        n_runs=("status", "size"),
        n_ok=("status", lambda status: (status == "ok").sum()),
        n_on_target=("seconds_to_target", "count"),
        train_seconds_median=("train_seconds", "median"),
        seconds_to_target_median=("seconds_to_target", "median"),
        samples_per_second_median=("samples_per_second", "median"),
        speedup_vs_best_serial=("speedup_vs_best_serial", "median"),
        speedup_vs_serial_1_thread=("speedup_vs_serial_1_thread", "median"),
        parallel_efficiency_percent=("parallel_efficiency_percent", "median"),
        metric=("metric", "first"),
        test_metric_median=("test_metric", "median"),
    )
    comparison.loc[comparison["n_on_target"] < comparison["n_ok"], "seconds_to_target_median"] = pd.NA
    return as_table(comparison.reset_index().assign(verdict=""), COMPARISON_COLUMNS)
