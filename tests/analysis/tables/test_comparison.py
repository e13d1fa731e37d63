"""A configuration's row has medians over its ok seeds, and speed-ups that are paired by seed."""

import pandas as pd
import pytest

import fake_study
from casual_training.analysis.frames import as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables import comparison, independent_copies
from casual_training.analysis.tables.comparison import COLUMNS, compare_methods
from casual_training.analysis.tables.runs import collect_runs
from casual_training.plan.run import COPIES_STRATEGY
from casual_training.study.load import load_plan
from small_study import SAMPLES, SECONDS, learned, records, row, small_plan, small_study, timed

NO_COPIES = as_table([], independent_copies.COLUMNS)


def compared(changes=timed, **options) -> pd.DataFrame:
    return compare_methods(*small_study(changes, **options))


def except_for(changed: dict, method, seed=None, changes=timed):
    """Return the changes with those of a method's runs, or of one of them, put over them."""
    return lambda run: changes(run) | (changed if run.method == method and seed in (None, run.seed) else {})


def test_speedups_are_medians_of_the_ratios_within_a_seed():
    hogwild = row(compared(), "hogwild")
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)  # of 16/8, 20/8, 18/12; the medians give 18/8
    assert hogwild["speedup_vs_serial_1_thread"] == pytest.approx(2.5)  # of 20/8, 22/8, 24/12


def test_the_best_serial_method_has_the_smallest_median_time():
    found = compared()
    assert row(found, "threads")["speedup_vs_best_serial"] == 1.0
    assert row(found, "serial")["speedup_vs_best_serial"] == pytest.approx(0.8)  # of 16/20, 20/22, 18/24
    assert row(found, "serial")["speedup_vs_serial_1_thread"] == 1.0


@pytest.mark.parametrize("status", ["ok", "failed"])
def test_efficiency_counts_only_seeds_of_which_every_copy_is_done(status):
    def changes(run):
        if run.strategy != COPIES_STRATEGY or run.seed != 2:
            return timed(run)
        done = fake_study.make_worker(run, 0, SAMPLES, 10.0)
        return {"worker_records": [done, fake_study.make_worker(run, 1, 64, None)], "status": status, "cause": "killed"}

    hogwild = row(compared(changes), "hogwild")
    # Of 150 and 100 against 200 samples a second.
    assert hogwild["parallel_efficiency_percent"] == pytest.approx((75 + 50) / 2)


def test_efficiency_counts_only_seeds_whose_copies_are_there_and_ok():
    def changes(run):
        if run.strategy == COPIES_STRATEGY and run.seed == 1:
            return fake_study.failed("failed", "a copy died")
        return None if run.strategy == COPIES_STRATEGY and run.seed == 2 else timed(run)

    # Seed 3: 100 of 200 samples per second.
    assert row(compared(changes), "hogwild")["parallel_efficiency_percent"] == pytest.approx(50.0)


def test_without_any_copies_the_efficiency_is_empty_and_the_speedups_stand():
    runs, _ = small_study()
    found = compare_methods(runs, NO_COPIES)
    assert found["parallel_efficiency_percent"].isna().all()
    assert row(found, "hogwild")["speedup_vs_best_serial"] == pytest.approx(2.0)


def test_a_run_that_is_not_ok_counts_in_no_median():
    slow = {"status": "timeout", "cause": "too slow", "test_metric": 0.9}
    hogwild = row(compared(except_for(slow, "hogwild", 1)), "hogwild")
    assert (hogwild["n_runs"], hogwild["n_ok"]) == (3, 2)
    assert hogwild["train_seconds_median"] == 10.0
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)  # of 20/8 and 18/12


def test_a_failed_serial_seed_leaves_no_pair_for_that_seed():
    found = compared(except_for(fake_study.failed("killed", "x"), "threads", 2))
    assert row(found, "hogwild")["speedup_vs_best_serial"] == pytest.approx(1.75)  # of 16/8 and 18/12


def test_a_cell_without_an_ok_run_keeps_its_row_with_empty_figures():
    hogwild = row(compared(except_for(fake_study.failed("failed", "x"), "hogwild")), "hogwild")
    assert (hogwild["n_runs"], hogwild["n_ok"]) == (3, 0)
    known = ["workload", "workers", "epochs", "throughput_only", "n_runs", "n_ok", "n_on_target", "metric", "verdict"]
    assert hogwild.drop(known).isna().all()


def test_without_an_ok_serial_run_there_are_no_speedups():
    failed = fake_study.failed("failed", "x")
    found = compared(lambda run: failed if run.strategy == "serial" else timed(run))
    assert found[["speedup_vs_best_serial", "speedup_vs_serial_1_thread"]].isna().all(axis=None)


def test_without_a_serial_method_of_one_thread_only_that_speedup_is_empty():
    hogwild = row(compared(methods=["threads", "hogwild"]), "hogwild")
    assert hogwild["speedup_vs_best_serial"] == pytest.approx(2.0)
    assert pd.isna(hogwild["speedup_vs_serial_1_thread"])


def test_a_median_time_to_target_needs_every_ok_seed_to_get_there():
    found = compared(learned())
    assert row(found, "threads")[["n_on_target", "seconds_to_target_median"]].tolist() == [3, pytest.approx(4.0)]
    assert row(found, "hogwild")["n_on_target"] == 2
    assert pd.isna(row(found, "hogwild")["seconds_to_target_median"])


def test_a_failed_seed_leaves_the_others_their_time_to_target():
    found = compared(except_for(fake_study.failed("killed", "x"), "hogwild", 2, learned()))
    hogwild = row(found, "hogwild")
    assert hogwild[["n_ok", "n_on_target", "seconds_to_target_median"]].tolist() == [2, 2, 3.0]  # of 4 and 2 s


def test_without_a_target_no_run_is_on_it():
    failed = fake_study.failed("failed", "x")
    found = compared(lambda run: failed if run.strategy == "serial" else learned()(run))
    assert row(found, "hogwild")["n_on_target"] == 0


def test_of_a_throughput_only_method_only_the_throughput_is_compared():
    found = compared(lambda run: {} if run.throughput_only else timed(run), throughput_only=("hogwild",))
    hogwild = row(found, "hogwild")
    assert hogwild["throughput_only"]
    assert hogwild[["n_ok", "n_on_target", "samples_per_second_median"]].tolist() == [3, 0, 5120.0]
    assert hogwild["parallel_efficiency_percent"] == pytest.approx(100 * 5120 / 200)
    assert hogwild[["train_seconds_median", "seconds_to_target_median", "test_metric_median"]].isna().all()
    assert hogwild[["speedup_vs_best_serial", "speedup_vs_serial_1_thread"]].isna().all()


def test_a_throughput_only_serial_method_is_no_baseline():
    found = compared(lambda run: {} if run.throughput_only else timed(run), throughput_only=("threads",))
    assert row(found, "hogwild")["speedup_vs_best_serial"] == pytest.approx(2.5)  # of 20/8, 22/8, 24/12


def test_workloads_have_baselines_of_their_own():
    config = fake_study.make_config(workloads=["a", "b"], workers=[2])
    config["workloads"] |= {"a": fake_study.WORKLOAD, "b": fake_study.WORKLOAD}
    plan = load_plan(config)

    def changes(run):
        slower = 10 if run.workload == "b" and run.strategy == "serial" else 1
        return timed(run) | {"clocks": {"train_seconds": slower * SECONDS[run.method][run.seed - 1]}}

    runs = collect_runs(records(plan.runs, changes), plan.methods, plan.targets)
    found = compare_methods(runs, NO_COPIES)
    hogwild = found[found["method"] == "hogwild"]
    assert list(hogwild["workload"]) == ["a", "b"]
    assert list(hogwild["speedup_vs_best_serial"]) == pytest.approx([2.0, 20.0])


def test_without_runs_the_table_is_empty_and_has_all_columns():
    found = compare_methods(collect_runs([], [], {}), NO_COPIES)
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == COLUMNS


def test_the_table_of_a_study_has_lines_of_code_and_verdicts(tmp_path):
    study = StudyFolder(small_plan(), tmp_path)
    runs, copies = small_study()
    study.write_table("runs", runs)
    study.write_table("independent_copies", copies)
    folder = tmp_path / "examples" / "standalone"
    folder.mkdir(parents=True)
    (folder / "serial.py").write_text("one = 1\n")
    (folder / "hogwild.py").write_text("one = 1\ntwo = 2\n")
    found = comparison.make(study)
    assert found.dtypes.astype(str).to_dict() == COLUMNS
    assert found["lines_changed"].tolist() == [0, 0, 1]
    assert found["speedup_to_target"].notna().all()
    assert found["verdict"].astype(bool).tolist() == [False, False, True]
