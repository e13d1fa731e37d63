"""The tiny study, from nothing to the page: everything that was promised is there, and nothing else is left."""

import csv
import json
import time

import psutil
import pytest
from project import ANALYSIS, COPIES, RUNS, jobs_in, names

from casual_training.records.record import PHASES, read_record
from casual_training.runs.repeat import FIRST


@pytest.fixture(scope="module")
def records(finished):
    """What stands in the run.json of each planned run, independent copies among them."""
    planned = finished.plan.schedule
    for run in planned:
        json.loads((finished.root / run.folder / "run.json").read_text(), parse_constant=pytest.fail)  # no NaN
    return [(run, read_record(finished.root / run.folder)) for run in planned]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_every_job_was_executed_once_and_announced_before(finished):
    output = (finished.root / "output.txt").read_text()
    assert names(jobs_in(output)) == {"fetch_dataset"} | RUNS | COPIES | ANALYSIS
    announced = "study tiny: 4 of 4 runs to make, independent copies included"
    assert 0 < output.index(announced) < output.index("rule train:")


def test_each_planned_run_has_a_folder_with_three_files(finished):
    folders = {path.parent for path in finished.results.glob("**/seed-*/*")}
    assert folders == {finished.root / run.folder for run in finished.plan.schedule}
    for folder in folders:
        # The first attempt of a run is kept if others interfered with it, as they may do here.
        assert {path.name for path in folder.iterdir()} - {FIRST} == {"run.json", "losses.csv", "train.log"}


def test_every_run_is_ok_and_says_what_was_run(records):
    assert len(records) == 4
    for run, record in records:
        assert (record.format, record.status, record.cause) == (5, "ok", "")
        assert record.run == run
        assert not run.oversubscribed and not run.expected_failure
        assert {"system", "processor", "physical_cores", "memory_gb"} <= record.machine.keys()
        assert {"python", "torch", "numpy", "casual-training"} <= record.versions.keys()
        assert {"commit", "commit_dirty"} <= record.model_fields_set
        assert record.attempt in (1, 2) and record.load_average is not None


def test_every_run_measured_all_it_should(records):
    for _, record in records:
        assert 0 < record.validation_metric < 1 and 0 < record.test_metric < 1
        assert min(record.samples_per_second, record.test_loss, record.cpu_seconds, record.peak_rss_mb) > 0
        rate = record.samples / record.clocks["train_seconds"]
        assert record.samples_per_second == pytest.approx(rate, rel=0.01)


def test_the_phases_add_up_to_the_wall_time(records):
    for _, record in records:
        clocks = record.clocks
        assert sum(clocks[f"{phase}_seconds"] for phase in PHASES) == pytest.approx(clocks["wall_seconds"], rel=0.02)
        assert all(clocks[f"{phase}_seconds"] > 0 for phase in PHASES)
        assert clocks["wait_seconds"] >= 0


def test_every_run_made_two_passes_shared_out_over_its_workers(records):
    for run, record in records:
        assert record.samples == record.planned_samples == 2 * 640
        assert record.parameters == 21_840
        assert [worker.rank for worker in record.worker_records] == list(range(run.workers))
        for worker in record.worker_records:
            assert worker.samples == 2 * 640 / run.workers
            assert worker.steps == 2 * 640 / 32 / run.workers
            assert worker.threads == run.threads


def test_a_loss_is_written_down_every_third_step_of_each_worker(finished, records):
    # 40 steps of one worker or 20 of each of two.
    expected = {1: {"0": 13}, 2: {"0": 6, "1": 6}}
    for run, _ in records:
        rows = rows_of(finished.root / run.folder / "losses.csv")
        assert list(rows[0]) == ["worker", "step", "seconds", "samples", "loss"]
        for worker, count in expected[run.workers].items():
            own = [row for row in rows if row["worker"] == worker]
            assert [int(row["step"]) for row in own] == [3 * (note + 1) for note in range(count)]
            assert [int(row["samples"]) for row in own] == [32 * int(row["step"]) for row in own]
            assert all(0.1 < float(row["loss"]) < 10 for row in own)
        assert len(rows) == sum(expected[run.workers].values())


def test_the_tables_have_a_row_for_every_run_and_configuration(finished):
    runs = rows_of(finished.results / "runs.csv")
    cells = [("serial", "1"), ("hogwild", "1"), ("hogwild", "2")]
    assert [(row["method"], row["workers"]) for row in runs] == cells
    assert sorted(row["order"] for row in runs) == ["1", "2", "3"]
    comparison = rows_of(finished.results / "comparison.csv")
    assert [(row["method"], row["workers"]) for row in comparison] == cells
    assert {(row["n_runs"], row["n_ok"]) for row in comparison} == {("1", "1")}
    (copies,) = rows_of(finished.results / "independent_copies.csv")
    assert (copies["workload"], copies["seed"], copies["copies"], copies["status"]) == ("sample", "1", "2", "ok")


def test_every_curve_of_accuracy_ends_with_what_the_run_ended_with(finished):
    ends = {row["configuration"]: row for row in rows_of(finished.reports / "tables" / "accuracy.csv")}
    runs = rows_of(finished.results / "runs.csv")
    assert [row["samples"] for row in ends.values()] == ["1280"] * len(runs)
    for key, column in (("validation_metric", "validation_metric"), ("seconds", "train_seconds")):
        expected = [float(row[column]) for row in runs]
        assert [float(row[key]) for row in ends.values()] == pytest.approx(expected)


def test_the_page_begins_with_the_answer_of_a_complete_study(finished):
    page = (finished.reports / "report.html").read_text()
    answer = page.partition('<p class="answer">')[2].partition("</p>")[0]
    assert "sample" in answer
    assert "serial" in answer
    assert "3 of 3 planned runs have finished" in page
    for chart in ("losses", "losses_smoothed", "forest", "accuracy"):
        assert (finished.reports / "figures" / f"{chart}.svg").stat().st_size > 1000


def test_the_page_gives_its_command_and_no_path_of_the_project(finished):
    page = (finished.reports / "report.html").read_text()
    assert "snakemake --cores 4 --configfile study.yaml" in page
    assert str(finished.root) not in page


def test_no_temporary_file_and_no_process_is_left(finished):
    assert [path for path in finished.root.rglob("*.tmp") if ".snakemake" not in path.parts] == []
    deadline = time.monotonic() + 5
    while left := _processes_in(finished.root):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def _processes_in(folder):
    left = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE:
                left.append((process.pid, process.cmdline()))
        except psutil.Error:
            continue  # ended meanwhile, or another user's
    return left
