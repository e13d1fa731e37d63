"""The tables say what the run folders say: times of ok runs only, speed-ups paired by seed."""

import json

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import fake_study
from casual_training.analysis.columns import CEILINGS_COLUMNS, COMPARISON_COLUMNS, RUNS_COLUMNS, as_table, read_table
from casual_training.analysis.run_folders import logged_losses, read_run
from casual_training.analysis.tables import collect_ceilings, collect_provenance, collect_runs, compare_methods
from casual_training.plan.study import plan, plan_ceilings

SECONDS = {  # a method's training time in seeds 1, 2 and 3
    "serial": (20.0, 22.0, 24.0),
    "threads": (16.0, 20.0, 18.0),
    "hogwild": (8.0, 8.0, 12.0),
}
SAMPLES = 1200


def timed(run):
    if run.strategy == "independent":
        records = [{"samples": SAMPLES, "train_seconds": 10.0}, {"samples": SAMPLES, "train_seconds": 15.0}]
        return {"worker_records": records}
    seconds = SECONDS[run.method][run.seed - 1]
    return {
        "samples": SAMPLES,
        "samples_per_second": SAMPLES / seconds,
        "clocks": {"train_seconds": seconds, "import_seconds": 3.0},
    }


def collected(root, changes=timed, targets=None, **study):
    config = fake_study.make_config(**({"workers": [2]} | study))
    fake_study.write_study(root, config, changes)
    methods = config["study"]["methods"]
    runs = collect_runs(existing(root, plan(config)), methods, targets or {})
    return runs, collect_ceilings(existing(root, plan_ceilings(config)))


def curve(*accuracies):
    """Make a curve whose points are 100 samples and 2 s apart."""
    return [
        {"samples": 100 * number, "seconds": 2.0 * number, "validation_metric": accuracy}
        for number, accuracy in enumerate(accuracies, start=1)
    ]


def existing(root, planned):
    return [root / run.folder for run in planned if (root / run.folder).exists()]


def row(comparison, method):
    return comparison.set_index("method").loc[method]


def test_speedups_are_medians_of_the_ratios_within_a_seed_not_ratios_of_medians(tmp_path):
    hogwild = row(compare_methods(*collected(tmp_path)), "hogwild")
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)  # of 16/8, 20/8, 18/12; the medians give 18/8
    assert hogwild["speedup_vs_serial_1_thread"] == pytest.approx(2.5)  # of 20/8, 22/8, 24/12


def test_the_best_serial_is_the_serial_method_with_the_smallest_median_and_its_own_speedup_is_one(tmp_path):
    comparison = compare_methods(*collected(tmp_path))
    assert row(comparison, "threads")["speedup_vs_best_serial"] == 1.0
    assert row(comparison, "serial")["speedup_vs_best_serial"] == pytest.approx(0.8)  # of 16/20, 20/22, 18/24
    assert row(comparison, "serial")["speedup_vs_serial_1_thread"] == 1.0


def test_a_ceiling_is_the_sum_of_its_copies_speeds(tmp_path):
    _, ceilings = collected(tmp_path)
    assert list(ceilings["samples_per_second"]) == pytest.approx([1200 / 10 + 1200 / 15] * 3)
    assert list(ceilings["copies"]) == [2, 2, 2]


@pytest.mark.parametrize("status", ["ok", "failed"])
def test_a_ceiling_with_a_copy_that_never_completed_has_no_speed_and_keeps_its_row(tmp_path, status):
    records = [{"samples": SAMPLES, "train_seconds": 10.0}, {"samples": 64, "train_seconds": None}]

    def changes(run):
        is_broken = run.strategy == "independent" and run.seed == 2
        return {"worker_records": records, "status": status, "cause": "killed"} if is_broken else timed(run)

    runs, ceilings = collected(tmp_path, changes)
    assert list(ceilings["samples_per_second"].isna()) == [False, True, False]
    assert list(ceilings["status"]) == ["ok", status, "ok"]
    hogwild = row(compare_methods(runs, ceilings), "hogwild")
    assert hogwild["parallel_efficiency_percent"] == pytest.approx(
        (75 + 50) / 2
    )  # of 150 and 100 against 200 samples a second


def test_the_share_of_the_ceiling_counts_only_seeds_whose_ceiling_is_there_and_ok(tmp_path):
    def changes(run):
        if run.strategy == "independent" and run.seed == 1:
            return fake_study.failed("failed", "a copy died")
        if run.strategy == "independent" and run.seed == 2:
            return None
        return timed(run)

    runs, ceilings = collected(tmp_path, changes)
    hogwild = row(compare_methods(runs, ceilings), "hogwild")
    assert hogwild["parallel_efficiency_percent"] == pytest.approx(50.0)  # seed 3: 100 of 200 samples per second
    assert list(ceilings["status"]) == ["failed", "ok"]


def test_without_any_ceiling_the_share_is_empty_and_the_speedups_stand(tmp_path):
    runs, _ = collected(tmp_path)
    comparison = compare_methods(runs, as_table([], CEILINGS_COLUMNS))
    assert comparison["parallel_efficiency_percent"].isna().all()
    assert row(comparison, "hogwild")["speedup_vs_best_serial"] == pytest.approx(2.0)


def test_a_failed_run_never_has_a_time_even_if_its_file_holds_one(tmp_path):
    def changes(run):
        broken = run.method == "hogwild" and run.seed == 1
        return timed(run) | ({"status": "timeout", "cause": "too slow", "test_metric": 0.9} if broken else {})

    runs, ceilings = collected(tmp_path, changes)
    failed = runs[runs["status"] == "timeout"].iloc[0]
    figures = ["train_seconds", "samples", "samples_per_second", "validation_metric", "test_metric", "test_loss"]
    assert failed[figures].isna().all()
    assert failed["cause"] == "too slow"
    assert failed["import_seconds"] == 3.0
    hogwild = row(compare_methods(runs, ceilings), "hogwild")
    assert (hogwild["n_runs"], hogwild["n_ok"]) == (3, 2)
    assert hogwild["train_seconds_median"] == 10.0
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)  # of 20/8 and 18/12


def test_a_failed_serial_seed_leaves_no_pair_for_that_seed(tmp_path):
    def changes(run):
        return fake_study.failed("killed", "x") if (run.method, run.seed) == ("threads", 2) else timed(run)

    hogwild = row(compare_methods(*collected(tmp_path, changes)), "hogwild")
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(1.75)  # of 16/8 and 18/12


def test_a_cell_without_an_ok_run_keeps_its_row_with_empty_figures(tmp_path):
    def changes(run):
        return fake_study.failed("failed", "x") if run.method == "hogwild" else timed(run)

    hogwild = row(compare_methods(*collected(tmp_path, changes)), "hogwild")
    assert (hogwild["n_runs"], hogwild["n_ok"]) == (3, 0)
    known = ["workload", "workers", "epochs", "throughput_only", "n_runs", "n_ok", "n_on_target", "metric", "verdict"]
    assert hogwild.drop(known).isna().all()


def test_without_an_ok_serial_run_there_are_no_speedups(tmp_path):
    def changes(run):
        return fake_study.failed("failed", "x") if run.strategy == "serial" else timed(run)

    comparison = compare_methods(*collected(tmp_path, changes))
    assert comparison[["speedup_vs_best_serial", "speedup_vs_serial_1_thread"]].isna().all(axis=None)


def test_without_a_serial_method_of_one_thread_only_that_speedup_is_empty(tmp_path):
    hogwild = row(compare_methods(*collected(tmp_path, methods=["threads", "hogwild"])), "hogwild")
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)
    assert pd.isna(hogwild["speedup_vs_serial_1_thread"])


def learned(of_method):
    """Return the changes that let each method learn as {method: [a curve's accuracies, a seed each]} says."""

    def changes(run):
        if run.strategy == "independent":
            return timed(run)
        accuracies = of_method[run.method][run.seed - 1]
        return timed(run) | {"validation_metric": accuracies[-1], "curve": curve(*accuracies)}

    return changes


LEARNED = {
    "serial": [(0.60, 0.80, 0.851), (0.70, 0.82, 0.847), (0.60, 0.70, 0.862)],
    "threads": [(0.60, 0.84, 0.850), (0.84, 0.80, 0.846), (0.50, 0.60, 0.844)],  # the worst is 84.4 %
    "hogwild": [(0.50, 0.84, 0.830), (0.60, 0.70, 0.839), (0.90, 0.80, 0.700)],
}


def to_target(runs, method):
    own = runs[runs["method"] == method]
    return [
        (seconds, samples) if pd.notna(seconds) else None
        for seconds, samples in zip(own["seconds_to_target"], own["samples_to_target"], strict=True)
    ]


def test_the_target_is_the_worst_accuracy_a_serial_run_ended_with_rounded_down_to_a_whole_point(tmp_path):
    runs, _ = collected(tmp_path, learned(LEARNED))
    assert list(runs["target"]) == [0.84] * 9


def of_metric(metric, rises, of_method):
    """Return the changes that make a study one of another metric: each run's curve, by method and seed."""
    names = {"metric": metric, "higher_is_better": rises}
    learn = learned(of_method)
    return lambda run: learn(run) | names


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
def test_the_target_of_another_metric_is_the_worst_serial_end_to_two_digits_of_what_is_worse(
    tmp_path, rises, ends, target
):
    changes = of_metric("mean_squared_error", rises, {"serial": [(end,) for end in ends]})
    runs, _ = collected(tmp_path, changes, methods=["serial"])
    assert list(runs["target"]) == [pytest.approx(target)] * 3
    assert list(runs["samples_to_target"]) == [100] * 3


def test_an_error_is_on_target_where_it_is_first_as_low(tmp_path):
    changes = of_metric("mean_squared_error", False, {"serial": [(0.9, 0.6, 0.4, 0.5)] * 3})
    runs, _ = collected(tmp_path, changes, methods=["serial"], targets={"fashion_mnist-simple_nn": 0.6})
    assert list(runs["seconds_to_target"]) == [4.0] * 3


def test_a_run_of_an_earlier_format_can_be_read_and_has_no_curve(tmp_path):
    run = plan(fake_study.make_config())[0]
    old = fake_study.describe_run(run) | {
        "format": 3,
        "curve": [{"samples": 1, "seconds": 1, "validation_accuracy": 1}],
    }
    fake_study.write_run(tmp_path, **{key: value for key, value in old.items() if "metric" not in key})
    assert read_run(tmp_path)["curve"] == []


@pytest.mark.parametrize("accuracy", [0.29, 0.57, 0.83])
def test_a_whole_percentage_point_is_its_own_target_although_it_is_no_binary_fraction(tmp_path, accuracy):
    runs, _ = collected(tmp_path, learned({"serial": [(accuracy,)] * 3}), methods=["serial"])
    assert list(runs["target"]) == [accuracy] * 3
    assert to_target(runs, "serial") == [(2.0, 100)] * 3


def test_the_first_point_on_target_counts_even_if_later_ones_are_below_it(tmp_path):
    runs, _ = collected(tmp_path, learned(LEARNED))
    # From 80, 82 and 70 % after 4 s to 85.1, 84.7 and 86.2 % after 6 s, where 84 % is the target.
    shares = [4 / 5.1, 2 / 2.7, 14 / 16.2]
    assert to_target(runs, "serial") == [pytest.approx((4 + 2 * share, 200 + 100 * share)) for share in shares]
    late = pytest.approx((4 + 2 * 24 / 24.4, 200 + 100 * 24 / 24.4))
    assert to_target(runs, "threads") == [(4.0, 200), (2.0, 100), late]  # the middle one at its first point
    assert to_target(runs, "hogwild") == [(4.0, 200), None, (2.0, 100)]


def test_a_median_time_to_target_is_given_only_where_every_ok_seed_got_there(tmp_path):
    comparison = compare_methods(*collected(tmp_path, learned(LEARNED)))
    assert row(comparison, "threads")[["n_on_target", "seconds_to_target_median"]].tolist() == [3, pytest.approx(4.0)]
    assert row(comparison, "hogwild")["n_on_target"] == 2
    assert pd.isna(row(comparison, "hogwild")["seconds_to_target_median"])


def test_a_seed_that_failed_does_not_take_the_time_to_target_from_the_others(tmp_path):
    def changes(run):
        curves = learned(LEARNED)(run)
        return curves | fake_study.failed("killed", "x") if (run.method, run.seed) == ("hogwild", 2) else curves

    hogwild = row(compare_methods(*collected(tmp_path, changes)), "hogwild")
    assert hogwild[["n_ok", "n_on_target", "seconds_to_target_median"]].tolist() == [2, 2, 3.0]  # of 4 and 2 s


def test_a_run_that_is_not_ok_never_reaches_the_target_even_if_its_file_holds_a_curve(tmp_path):
    runs, _ = collected(
        tmp_path, lambda run: learned(LEARNED)(run) | ({"status": "diverged"} if run.method == "threads" else {})
    )
    assert to_target(runs, "threads") == [None] * 3
    assert list(runs["target"]) == [0.84] * 9  # of serial: 84.7 %


def test_a_target_of_the_config_takes_the_place_of_the_derived_one(tmp_path):
    target = {"fashion_mnist-simple_nn": 0.805}
    runs, _ = collected(tmp_path, learned(LEARNED), targets=target)
    assert list(runs["target"]) == [0.805] * 9
    # From 80 % to 85.1 %, from 70 % to 82 % and from 70 % to 86.2 %, a snapshot earlier in the middle.
    first, second, third = 0.5 / 5.1, 10.5 / 12, 10.5 / 16.2
    expected = [(4 + 2 * first, 200 + 100 * first), (2 + 2 * second, 100 + 100 * second)]
    expected += [(4 + 2 * third, 200 + 100 * third)]
    assert to_target(runs, "serial") == [pytest.approx(pair) for pair in expected]
    unset, _ = collected(tmp_path, learned(LEARNED), targets=dict.fromkeys(target))
    assert list(unset["target"]) == [0.84] * 9


def test_without_an_ok_serial_run_there_is_no_target_but_a_configured_one(tmp_path):
    def changes(run):
        return fake_study.failed("failed", "x") if run.strategy == "serial" else learned(LEARNED)(run)

    runs, ceilings = collected(tmp_path, changes)
    assert runs[["target", "seconds_to_target", "samples_to_target"]].isna().all(axis=None)
    assert row(compare_methods(runs, ceilings), "hogwild")["n_on_target"] == 0
    runs, _ = collected(tmp_path, changes, targets={"fashion_mnist-simple_nn": 0.7})
    halves = [pytest.approx((2 + 2 * share, 100 + 100 * share)) for share in (20 / 34, 1)]
    assert to_target(runs, "hogwild") == [*halves, (2.0, 100)]  # from 50 % to 84 %, and from 60 % to 70 %


def test_a_curve_is_read_in_the_order_of_its_samples(tmp_path):
    def backwards(run):
        changes = learned(LEARNED)(run)
        return changes | {"curve": changes["curve"][::-1]} if "curve" in changes else changes

    runs, _ = collected(tmp_path, backwards)
    late = pytest.approx((4 + 2 * 24 / 24.4, 200 + 100 * 24 / 24.4))
    assert to_target(runs, "threads") == [(4.0, 200), (2.0, 100), late]


def test_workloads_have_targets_of_their_own(tmp_path):
    config = fake_study.make_config(workloads=["a", "b"], methods=["serial"])
    config["workloads"] |= {"a": fake_study.WORKLOAD, "b": fake_study.WORKLOAD}
    fake_study.write_study(tmp_path, config, lambda run: {"validation_metric": {"a": 0.5, "b": 0.999}[run.workload]})
    runs = collect_runs([tmp_path / run.folder for run in plan(config)], ["serial"], {"a": 0.4})
    assert runs.groupby("workload")["target"].unique().map(list).to_dict() == {"a": [0.4], "b": [0.99]}


def rate_only_hogwild(run):
    return fake_study.throughput_only(run) if run.method == "hogwild" else timed(run)


def test_of_a_rate_only_run_only_the_rate_is_kept(tmp_path):
    def with_accuracy(run):
        changes = rate_only_hogwild(run)
        return changes | {"validation_metric": 0.9, "curve": curve(0.9)} if run.method == "hogwild" else changes

    runs, ceilings = collected(tmp_path, with_accuracy)
    hogwild = runs[runs["method"] == "hogwild"]
    assert list(runs["throughput_only"]) == [False] * 6 + [True] * 3
    nothing = ["train_seconds", "validation_metric", "test_metric", "test_loss", "seconds_to_target"]
    assert hogwild[nothing].isna().all(axis=None)
    assert list(hogwild["samples_per_second"]) == [5120.0] * 3
    summary = row(compare_methods(runs, ceilings), "hogwild")
    assert summary["throughput_only"]
    assert summary[["n_ok", "n_on_target", "samples_per_second_median"]].tolist() == [3, 0, 5120.0]
    assert summary["parallel_efficiency_percent"] == pytest.approx(100 * 5120 / 200)
    assert summary[["train_seconds_median", "seconds_to_target_median", "test_metric_median"]].isna().all()
    assert summary[["speedup_vs_best_serial", "speedup_vs_serial_1_thread"]].isna().all()


def test_a_rate_only_serial_method_is_no_baseline_and_sets_no_target(tmp_path):
    def changes(run):
        return fake_study.throughput_only(run) if run.method == "threads" else learned(LEARNED)(run)

    runs, ceilings = collected(tmp_path, changes)
    comparison = compare_methods(runs, ceilings)
    assert row(comparison, "hogwild")["speedup_vs_best_serial"] == pytest.approx(2.5)  # of 20/8, 22/8, 24/12
    assert list(runs["target"]) == [0.84] * 9


def test_a_run_that_does_not_say_whether_it_is_rate_only_is_not(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1])
    fake_study.write_study(tmp_path, config)
    (file,) = (tmp_path / "results").rglob("serial/1x4/seed-1/run.json")
    record = json.loads(file.read_text())
    del record["throughput_only"], record["curve"]
    file.write_text(json.dumps(record))
    runs = collect_runs([file.parent], ["serial"], {})
    assert list(runs["throughput_only"]) == [False]
    assert to_target(runs, "serial") == [None]


def test_workloads_have_baselines_of_their_own(tmp_path):
    config = fake_study.make_config(workloads=["a", "b"], workers=[2])
    config["workloads"] |= {"a": fake_study.WORKLOAD, "b": fake_study.WORKLOAD}

    def changes(run):
        slower = 10 if run.workload == "b" and run.strategy == "serial" else 1
        clocks = {"train_seconds": slower * SECONDS.get(run.method, (1, 1, 1))[run.seed - 1]}
        return timed(run) | {"clocks": clocks}

    fake_study.write_study(tmp_path, config, changes)
    runs = collect_runs([tmp_path / run.folder for run in plan(config)], config["study"]["methods"], {})
    comparison = compare_methods(runs, as_table([], CEILINGS_COLUMNS))
    hogwild = comparison[comparison["method"] == "hogwild"]
    assert list(hogwild["workload"]) == ["a", "b"]
    assert list(hogwild["speedup_vs_best_serial"]) == pytest.approx([2.0, 20.0])


def test_rows_stand_in_the_studys_order_of_methods_then_workers_then_seed(tmp_path):
    def started_backwards(run):
        return {"started_at": f"2026-11-23T0{9 - run.seed}:00:00+00:00"}

    methods = ["threads", "hogwild", "serial"]
    runs, _ = collected(tmp_path, started_backwards, methods=methods, workers=[4, 1], seeds=[1, 2])
    cells = list(runs[["method", "workers", "seed"]].itertuples(index=False, name=None))
    expected = [("threads", 1), ("hogwild", 1), ("hogwild", 4), ("serial", 1)]
    assert cells == [(*cell, seed) for cell in expected for seed in (1, 2)]


def test_order_is_the_rank_of_the_start_whatever_the_offset_or_the_precision(tmp_path):
    starts = {1: "2026-11-23T09:00:00.5+00:00", 2: "2026-11-23T09:00:00+00:00", 3: "2026-11-23T09:30:00+01:00"}
    runs, _ = collected(tmp_path, lambda run: {"started_at": starts[run.seed]}, methods=["serial"])
    assert dict(zip(runs["seed"], runs["order"], strict=True)) == {3: 1, 2: 2, 1: 3}


def test_readings_that_a_run_lacks_are_empty_cells_and_the_row_stays(tmp_path):
    lacking = {"cores": None, "oversubscribed": None, "peak_rss_mb": None, "cause": None, "clocks": {}}
    runs, _ = collected(tmp_path, lambda run: lacking if run.strategy != "independent" else {}, methods=["serial"])
    assert len(runs) == 3
    assert runs[["cores", "oversubscribed", "peak_rss_mb", "import_seconds", "train_seconds"]].isna().all(axis=None)
    assert list(runs["cause"]) == ["", "", ""]


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"status": "ok"',
        "[]",
        "null",
        "{}",
        '{"started_at": "yesterday"}',
        '{"started_at": "2026-11-23T09:00:00+00:00", "status": "ok"}',
        '{"started_at": "2026-11-23T09:00:00+00:00", "workers": "many"}',
    ],
)
def test_a_run_json_that_is_no_run_is_refused_in_one_sentence_naming_the_file(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ValueError, match="delete its folder, run it again") as error:
        collect_runs([tmp_path], [], {})
    assert str(tmp_path / "run.json") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("bad", [0.5, [0.5], [{"samples": 32, "seconds": 0.5}], curve(0.5, None), [curve(0.5)]])
def test_a_curve_that_is_none_is_refused_in_one_sentence_naming_the_file(tmp_path, bad):
    run = plan(fake_study.make_config())[0]
    fake_study.write_run(tmp_path, **(fake_study.describe_run(run) | {"curve": bad}))
    with pytest.raises(ValueError, match="cannot be read as a run") as error:
        collect_runs([tmp_path], [], {})
    assert str(tmp_path / "run.json") in str(error.value)
    assert "\n" not in str(error.value)


def test_no_folders_give_empty_tables_with_all_columns():
    runs, ceilings = collect_runs([], [], {}), collect_ceilings([])
    comparison = compare_methods(runs, ceilings)
    tables = {"runs": runs, "ceilings": ceilings, "comparison": comparison}
    columns = {"runs": RUNS_COLUMNS, "ceilings": CEILINGS_COLUMNS, "comparison": COMPARISON_COLUMNS}
    for name, table in tables.items():
        assert table.empty
        assert list(table.columns) == list(columns[name])
        assert table.dtypes.astype(str).to_dict() == columns[name]


def test_a_table_read_back_from_csv_is_the_table_that_was_written(tmp_path):
    config = fake_study.make_config(methods=["serial", "nan", "007"], workers=[2])
    config["methods"] |= {name: config["methods"]["hogwild"] for name in ("nan", "007")}
    fake_study.write_study(
        tmp_path, config, lambda run: fake_study.failed("failed", 'a "quoted",\nbroken cause') if run.seed == 2 else {}
    )
    runs = collect_runs([tmp_path / run.folder for run in plan(config)], config["study"]["methods"], {})
    runs.to_csv(tmp_path / "runs.csv", index=False)
    assert_frame_equal(read_table(tmp_path / "runs.csv", RUNS_COLUMNS), runs)
    assert set(runs["method"]) == {"serial", "nan", "007"}


def test_logged_losses_of_a_run_that_never_trained_are_an_empty_table(tmp_path):
    assert logged_losses(tmp_path).empty
    (tmp_path / "losses.csv").write_text("worker,step,seconds,samples,loss\n")
    assert logged_losses(tmp_path).empty
    (tmp_path / "losses.csv").write_text("worker,step,seconds,samples,loss\n1,10,0.5,320,2.25\n")
    assert logged_losses(tmp_path).iloc[0].to_dict() == {
        "worker": 1,
        "step": 10,
        "seconds": 0.5,
        "samples": 320,
        "loss": 2.25,
    }


def test_provenance_tells_machines_and_dirty_commits_apart_but_not_moments_of_load(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1, 2, 3])

    def changes(run):
        machine = fake_study.MACHINE | {"physical_cores": 2 if run.seed < 3 else 8}
        return {"machine": machine, "load_average": run.seed / 10, "commit_dirty": run.seed == 1}

    fake_study.write_study(tmp_path, config, changes)
    provenance = collect_provenance([tmp_path / run.folder for run in plan(config)])
    assert provenance["machine"].nunique() == 2
    assert provenance["commit"].nunique() == 2
    assert provenance["commit"].str.contains("uncommitted").sum() == 1


def test_a_run_without_machine_or_commit_has_unknown_provenance(tmp_path):
    run = plan(fake_study.make_config())[0]
    nothing = dict.fromkeys(["machine", "versions", "commit", "commit_dirty"])
    fake_study.write_run(tmp_path, **(fake_study.describe_run(run) | nothing))
    assert json.loads((tmp_path / "run.json").read_text())["machine"] is None
    row = collect_provenance([tmp_path]).iloc[0]
    assert [row["machine"], row["versions"], row["commit"]] == ["unknown"] * 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "2 virtual cores (Made-up CPU); system: Linux 6.1, logical cpus: 4, memory (GB): 15.6"),
        (
            {"virtual": False, "physical_cores": 1, "memory_gb": None},
            "1 core (Made-up CPU); system: Linux 6.1, logical cpus: 4",
        ),
        (
            {"virtual": None, "physical_cores": None, "processor": None, "memory_gb": None},
            "cores (processor unknown); system: Linux 6.1, logical cpus: 4",
        ),
    ],
)
def test_a_machine_is_called_virtual_only_where_its_runs_say_so(tmp_path, changes, words):
    run = plan(fake_study.make_config())[0]
    fake_study.write_run(tmp_path, **(fake_study.describe_run(run) | {"machine": fake_study.MACHINE | changes}))
    assert collect_provenance([tmp_path])["machine"].tolist() == [words]
