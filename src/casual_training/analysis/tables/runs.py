"""One row a run. A run that is not ok keeps its row, its status and its cause, and never has a time."""

import math
from collections.abc import Collection, Mapping

import pandas as pd

from casual_training.analysis.choose_runs import arm, whole
from casual_training.analysis.frames import FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import PHASES, Record
from casual_training.study.time_to_target import TOLERANCE, first_on_target

CAPTION = "One row a run, failed ones with their cause and without a time."
INPUTS = ["records"]
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "strategy": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "seed": WHOLE,
    "threads_per_worker": WHOLE,
    "cores": WHOLE,
    "oversubscribed": FLAG,
    "order": WHOLE,
    "started_at": TEXT,
    "status": TEXT,
    "expected": FLAG,
    "throughput_only": FLAG,
    "tuned": FLAG,
    "lr_factor": FIGURE,
    "cause": TEXT,
    **{f"{phase}_seconds": FIGURE for phase in PHASES},
    "wall_seconds": FIGURE,
    "startup_seconds": FIGURE,
    "samples": WHOLE,
    "samples_per_second": FIGURE,
    "step_ms": FIGURE,
    "parameters": WHOLE,
    "metric": TEXT,
    "higher_is_better": FLAG,
    "validation_metric": FIGURE,
    "test_metric": FIGURE,
    "test_loss": FIGURE,
    "target": FIGURE,
    "seconds_to_target": FIGURE,
    "samples_to_target": FIGURE,
    "cpu_seconds": FIGURE,
    "peak_rss_mb": FIGURE,
    "pss_mb": FIGURE,
    "overlap": FIGURE,
    "load_average": FIGURE,
    "foreign_cpu_share": FIGURE,
    "steal_share": FIGURE,
    "interference_detected": FLAG,
    "attempt": WHOLE,
}
ONLY_OF_OK_RUNS = [
    "train_seconds",
    "samples",
    "samples_per_second",
    "step_ms",
    "validation_metric",
    "test_metric",
    "test_loss",
]
NOT_OF_THROUGHPUT_ONLY_RUNS = ["train_seconds", "validation_metric", "test_metric", "test_loss"]


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return collect_runs(study.records(study.plan.runs), study.plan.methods, study.plan.targets)


def collect_runs(
    records: Collection[Record], methods: Collection[str], targets: Mapping[str, float | None]
) -> pd.DataFrame:
    """Make the table (COLUMNS), with workloads and methods in the order of the study.

    Args:
        records: of the runs that have one.
        methods: the study's methods, in the order in which their rows are to stand.
        targets: the validation metric that counts as trained, by workload, in the order in which these are to stand.
            None, or no entry, is the worst that a serial run ended with, rounded to a whole percentage point of
            accuracy, or to two digits of another metric, so that every serial run gets there.
    """
    runs = as_table(map(_row, records), COLUMNS)
    runs["order"] = pd.Series([record.started for record in records], dtype=FIGURE).rank(method="first")
    is_ok = runs["status"] == "ok"
    runs.loc[~is_ok, ONLY_OF_OK_RUNS] = pd.NA
    runs.loc[runs["throughput_only"], NOT_OF_THROUGHPUT_ONLY_RUNS] = pd.NA
    given = {workload: target for workload, target in targets.items() if target is not None}
    runs["target"] = runs["workload"].map(_serial_targets(runs) | given).astype(FIGURE)
    curves = [
        record.curve if is_whole else []
        for record, is_whole in zip(records, is_ok & ~runs["throughput_only"], strict=True)
    ]
    reached = [
        first_on_target(*of_run) for of_run in zip(runs["target"], curves, runs["higher_is_better"], strict=True)
    ]
    runs["samples_to_target"] = [samples for samples, _ in reached]
    runs["seconds_to_target"] = [seconds for _, seconds in reached]
    for column, names in {"workload": targets, "method": methods}.items():
        place = {name: index for index, name in enumerate(names)}
        runs[f"place of {column}"] = [place.get(name, len(names)) for name in runs[column]]
    by = ["place of workload", "workload", "place of method", "workers", "epochs", "seed"]
    return as_table(runs.sort_values(by, ignore_index=True), COLUMNS)


def _row(record: Record) -> dict:
    """Return what is known of a run by the names of the columns; what is no column is left out by the table."""
    run = record.run
    derived = {
        "threads_per_worker": run.threads,
        "oversubscribed": run.oversubscribed,
        "expected": run.expected_failure,
        "throughput_only": run.throughput_only,
        "tuned": run.tune is not None,
        "step_ms": record.step_ms,
        "metric": run.metric["name"],
        "higher_is_better": run.metric["higher_is_better"],
    }
    return vars(run) | dict(record) | record.clocks | derived


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
    whole_number = math.ceil(scaled - TOLERANCE) if up else math.floor(scaled + TOLERANCE)
    return round(whole_number / 10.0**places, max(0, places))
