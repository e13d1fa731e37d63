"""The table of runs has what the records have: times of ok runs only, targets, and when they are reached."""

import pandas as pd
import pytest

import fake_study
from casual_training.analysis.tables.runs import COLUMNS, collect_runs
from casual_training.records.record import PHASES
from casual_training.study.load import load_plan
from small_study import LEARNED, WORKLOAD, curve, learned, records, small_study, timed

MEAN_SQUARED_ERROR = {"function": "mean_squared_error", "higher_is_better": False}


def runs_of(changes=timed, **options) -> pd.DataFrame:
    return small_study(changes, **options)[0]


def to_target(runs, method):
    own = runs[runs["method"] == method]
    return [
        (seconds, samples) if pd.notna(seconds) else None
        for seconds, samples in zip(own["seconds_to_target"], own["samples_to_target"], strict=True)
    ]


def test_a_row_has_what_was_run_and_what_was_measured():
    found = runs_of(lambda run: timed(run) | {"attempt": 2}).iloc[0]
    assert found[["workload", "method", "strategy", "workers", "epochs", "seed"]].tolist() == [
        WORKLOAD,
        "serial",
        "serial",
        1,
        4.0,
        1,
    ]
    assert found[["threads_per_worker", "cores", "lr_factor", "attempt", "parameters"]].tolist() == [1, 2, 1, 2, 21_840]
    assert found[["oversubscribed", "expected", "throughput_only", "tuned"]].tolist() == [False] * 4
    assert found[["metric", "higher_is_better", "status", "cause"]].tolist() == ["accuracy", True, "ok", ""]
    assert found[["train_seconds", "import_seconds", "samples", "samples_per_second"]].tolist() == [20, 3, 1200, 60]
    assert found["step_ms"] == pytest.approx(1000 * 20 / (220_000 // 32))


def test_every_phase_of_a_run_has_a_column():
    assert [column for column in COLUMNS if column.endswith("_seconds")][: len(PHASES)] == [
        f"{phase}_seconds" for phase in PHASES
    ]


def test_a_failed_run_has_no_time_even_if_its_file_does():
    def changes(run):
        broken = run.method == "hogwild" and run.seed == 1
        return timed(run) | ({"status": "timeout", "cause": "too slow", "test_metric": 0.9} if broken else {})

    runs = runs_of(changes)
    failed = runs[runs["status"] == "timeout"].iloc[0]
    figures = ["train_seconds", "samples", "samples_per_second", "validation_metric", "test_metric", "test_loss"]
    assert failed[figures].isna().all()
    assert failed["cause"] == "too slow"
    assert failed["import_seconds"] == 3.0


def test_the_target_is_the_worst_serial_accuracy_in_whole_points():
    assert list(runs_of(learned())["target"]) == [0.84] * 9


@pytest.mark.parametrize(
    ("rises", "ends", "target"),
    [
        (False, (0.481, 0.5234, 0.49), 0.53),
        (False, (0.53, 0.51, 0.50), 0.53),
        (False, (1234.0, 1200.0, 1100.0), 1300.0),
        (False, (0.000123, 0.0001, 0.00012), 0.00013),
        (False, (0.0, 0.0, 0.0), 0.0),
        (True, (0.481, 0.5234, 0.49), 0.48),
        (True, (-1.23, -1.1, -1.2), -1.3),
    ],
)
def test_another_metrics_target_is_the_worst_serial_one_to_two_digits(rises, ends, target):
    workload = {"metric": MEAN_SQUARED_ERROR | {"higher_is_better": rises}}
    changes = learned({"serial": [(end,) for end in ends]})
    runs = runs_of(changes, methods=["serial"], workload=workload)
    assert list(runs["target"]) == [pytest.approx(target)] * 3
    assert list(runs["samples_to_target"]) == [100] * 3


def test_an_error_is_on_target_where_it_is_first_as_low():
    workload = {"metric": MEAN_SQUARED_ERROR, "target": 0.6}
    runs = runs_of(learned({"serial": [(0.9, 0.6, 0.4, 0.5)] * 3}), methods=["serial"], workload=workload)
    assert list(runs["seconds_to_target"]) == [4.0] * 3


@pytest.mark.parametrize("accuracy", [0.29, 0.57, 0.83])
def test_a_whole_percentage_point_is_its_own_target(accuracy):  # although it is no binary fraction
    runs = runs_of(learned({"serial": [(accuracy,)] * 3}), methods=["serial"])
    assert list(runs["target"]) == [accuracy] * 3
    assert to_target(runs, "serial") == [(2.0, 100)] * 3


def test_the_first_point_on_target_counts_even_if_later_ones_are_below():
    runs = runs_of(learned())
    # From 80, 82 and 70 % after 4 s to 85.1, 84.7 and 86.2 % after 6 s, where 84 % is the target.
    shares = [4 / 5.1, 2 / 2.7, 14 / 16.2]
    assert to_target(runs, "serial") == [pytest.approx((4 + 2 * share, 200 + 100 * share)) for share in shares]
    late = pytest.approx((4 + 2 * 24 / 24.4, 200 + 100 * 24 / 24.4))
    assert to_target(runs, "threads") == [(4.0, 200), (2.0, 100), late]  # the middle one at its first point
    assert to_target(runs, "hogwild") == [(4.0, 200), None, (2.0, 100)]


def test_a_run_that_is_not_ok_never_reaches_the_target():
    runs = runs_of(lambda run: learned()(run) | ({"status": "diverged"} if run.method == "threads" else {}))
    assert to_target(runs, "threads") == [None] * 3
    assert list(runs["target"]) == [0.84] * 9  # of serial: 84.7 %


def test_a_target_of_the_config_takes_the_place_of_the_derived_one():
    runs = runs_of(learned(), workload={"target": 0.805})
    assert list(runs["target"]) == [0.805] * 9
    # From 80 % to 85.1 %, from 70 % to 82 % and from 70 % to 86.2 %, a snapshot earlier in the middle.
    first, second, third = 0.5 / 5.1, 10.5 / 12, 10.5 / 16.2
    expected = [(4 + 2 * first, 200 + 100 * first), (2 + 2 * second, 100 + 100 * second)]
    expected += [(4 + 2 * third, 200 + 100 * third)]
    assert to_target(runs, "serial") == [pytest.approx(pair) for pair in expected]
    assert list(runs_of(learned(), workload={"target": None})["target"]) == [0.84] * 9


def test_without_an_ok_serial_run_only_the_config_sets_a_target():
    def changes(run):
        return fake_study.failed("failed", "x") if run.strategy == "serial" else learned()(run)

    assert runs_of(changes)[["target", "seconds_to_target", "samples_to_target"]].isna().all(axis=None)
    halves = [pytest.approx((2 + 2 * share, 100 + 100 * share)) for share in (20 / 34, 1)]
    # From 50 % to 84 %, and from 60 % to 70 %.
    assert to_target(runs_of(changes, workload={"target": 0.7}), "hogwild") == [*halves, (2.0, 100)]


def test_workloads_have_targets_of_their_own():
    config = fake_study.make_config(workloads=["a", "b"], methods=["serial"])
    config["workloads"] |= {"a": fake_study.WORKLOAD | {"target": 0.4}, "b": fake_study.WORKLOAD}
    plan = load_plan(config)
    ends = {"a": 0.5, "b": 0.999}
    runs = collect_runs(
        records(plan.runs, lambda run: {"validation_metric": ends[run.workload]}), plan.methods, plan.targets
    )
    assert runs.groupby("workload")["target"].unique().map(list).to_dict() == {"a": [0.4], "b": [0.99]}


def test_of_a_throughput_only_run_only_the_throughput_is_kept():
    def with_accuracy(run):
        return {"validation_metric": 0.9, "curve": curve(0.9)} if run.throughput_only else timed(run)

    runs = runs_of(with_accuracy, throughput_only=("hogwild",))
    hogwild = runs[runs["method"] == "hogwild"]
    assert list(runs["throughput_only"]) == [False] * 6 + [True] * 3
    nothing = ["train_seconds", "validation_metric", "test_metric", "test_loss", "seconds_to_target"]
    assert hogwild[nothing].isna().all(axis=None)
    assert list(hogwild["samples_per_second"]) == [5120.0] * 3


def test_a_throughput_only_serial_method_sets_no_target():
    changes = learned(LEARNED | {"threads": [(0.1,)] * 3})
    assert list(runs_of(changes, throughput_only=("threads",))["target"]) == [0.84] * 9


def test_rows_stand_in_the_studys_order_of_methods_then_workers_then_seed():
    methods = ["threads", "hogwild", "serial"]
    started_backwards = {seed: {"started_at": f"2026-11-23T0{9 - seed}:00:00+00:00"} for seed in (1, 2)}
    runs = runs_of(lambda run: started_backwards[run.seed], methods=methods, workers=[4, 1], seeds=[1, 2])
    cells = list(runs[["method", "workers", "seed"]].itertuples(index=False, name=None))
    expected = [("threads", 1), ("hogwild", 1), ("hogwild", 4), ("serial", 1)]
    assert cells == [(*cell, seed) for cell in expected for seed in (1, 2)]


def test_order_is_the_rank_of_the_start_whatever_the_offset_or_precision():
    starts = {1: "2026-11-23T09:00:00.5+00:00", 2: "2026-11-23T09:00:00+00:00", 3: "2026-11-23T09:30:00+01:00"}
    runs = runs_of(lambda run: {"started_at": starts[run.seed]}, methods=["serial"])
    assert dict(zip(runs["seed"], runs["order"], strict=True)) == {3: 1, 2: 2, 1: 3}


def test_readings_that_a_run_lacks_are_empty_cells_and_the_row_stays():
    lacking = {"parameters": None, "peak_rss_mb": None, "clocks": {}}
    runs = runs_of(lambda run: lacking, methods=["serial"])
    assert len(runs) == 3
    assert runs[["parameters", "peak_rss_mb", "import_seconds", "train_seconds", "step_ms"]].isna().all(axis=None)
    assert list(runs["cause"]) == ["", "", ""]


def test_without_runs_the_table_is_empty_and_has_all_columns():
    found = collect_runs([], [], {})
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == COLUMNS
