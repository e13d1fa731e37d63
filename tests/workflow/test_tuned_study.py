"""A study with a tuned arm: its jobs, and that its runs train with the rate that their trials chose."""

import csv

import pytest
from project import ANALYSIS, COPIES, RUNS, TINY, Project, names

from casual_training.records.record import read_record
from casual_training.study import lr_choice

CONFIGURATIONS = {"serial 1x2", "hogwild 1x2", "hogwild 2x1"}
OF_ONE_HOGWILD = {"hogwild 1x2 rate 0.5", "hogwild 1x2 rate 2", "hogwild 1x2 seed 1", "hogwild_tuned 1x2 seed 1"}
TRIALS = {f"{name} rate {factor}" for name in CONFIGURATIONS for factor in ("0.5", "2")}
TUNED = {f"{name.replace(' ', '_tuned ')} seed 1" for name in CONFIGURATIONS}


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """The tiny study with a tuned arm, from nothing to the page; not to be changed."""
    project = Project.of_repository(tmp_path_factory.mktemp("tuned") / "project", TINY)
    project.set("study.tune", [0.5, 2])
    project.set("workloads.sample.target", 0.3)
    assert names(project.dry_run()) == {"fetch_dataset"} | TRIALS | RUNS | TUNED | COPIES | ANALYSIS
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "study tiny: 13 of 13 runs to make" in done.stdout
    return project


def record_of(project, run):
    return read_record(project.root / run.folder)


def rows_of(project, table):
    with open(project.results / f"{table}.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_trials_are_made_first_and_the_rest_in_schedule_order(tuned):
    planned = tuned.plan.schedule
    assert sorted(planned, key=lambda run: record_of(tuned, run).started) == list(planned)
    assert [run.lr_factor is None for run in planned] == 6 * [False] + 7 * [True]


def test_a_tuned_run_trains_with_the_rate_that_its_trials_chose(tuned):
    for run in tuned.plan.runs:
        record = record_of(tuned, run)
        assert (record.status, record.run) == ("ok", run)
        assert record.lr_factor == (lr_choice.chosen_factor(run, tuned.root) if run.tune else 1)
    # Serial training repeats itself, so its losses say which rate it had.
    losses = {run.method: tuned.root / run.folder / "losses.csv" for run in tuned.plan.runs}
    assert _last_loss(losses["serial_tuned"]) != _last_loss(losses["serial"])


def _last_loss(path):
    return path.read_text().splitlines()[-1].rpartition(",")[2]


def test_the_tables_show_both_arms_and_what_was_chosen(tuned):
    cells = [("serial", "1"), ("hogwild", "1"), ("hogwild", "2")]
    both = cells + [(f"{method}_tuned", workers) for method, workers in cells]
    for table in ("runs", "comparison"):
        assert [(row["method"], row["workers"]) for row in rows_of(tuned, table)] == both
    trials = rows_of(tuned, "tuning")
    assert [(row["method"], row["workers"], row["lr_factor"]) for row in trials] == [
        (*cell, factor) for cell in cells for factor in ("0.5", "2.0")
    ]
    chosen = {(row["method"], row["workers"]): row["lr_factor"] for row in trials if row["chosen"] == "True"}
    of_tuned = {(f"{method}_tuned", workers): factor for (method, workers), factor in chosen.items()}
    assert set(chosen) == set(cells)
    rates = {(row["method"], row["workers"]): row["lr_factor"] for row in rows_of(tuned, "runs")}
    assert rates == dict.fromkeys(cells, "1.0") | of_tuned
    comparison = {row["method"]: row for row in rows_of(tuned, "comparison")}
    assert float(comparison["serial_tuned"]["speedup_vs_best_serial"]) == 1
    assert comparison["hogwild_tuned"]["lines_changed"] == comparison["hogwild"]["lines_changed"] != ""
    assert (tuned.reports / "tables" / "tuning.csv").read_bytes() == (tuned.results / "tuning.csv").read_bytes()
    assert "hogwild_tuned" in (tuned.reports / "report.html").read_text()


def test_a_finished_tuned_study_has_nothing_to_do(tuned):
    assert tuned.dry_run() == []


@pytest.mark.parametrize(
    ("key", "value", "rerun"),
    [
        ("study.tune", [0.5, 4], {f"{name} rate 4" for name in CONFIGURATIONS} | TUNED),
        ("study.tune", [], set()),
        ("workloads.sample.target", 0.4, TUNED),
        ("methods.hogwild.threads", 1, OF_ONE_HOGWILD),
    ],
)
def test_a_changed_key_trains_what_it_concerns(tuned, tmp_path, key, value, rerun):
    project = tuned.copy(tmp_path / "project")
    project.set(key, value)
    assert names(project.dry_run()) == rerun | ANALYSIS


def test_the_rule_of_choice_concerns_tuned_runs_only(tuned, tmp_path):
    project = tuned.copy(tmp_path / "project")
    project.edit("study/lr_choice.py")
    assert names(project.dry_run()) == TUNED | ANALYSIS


def test_a_trial_that_is_made_again_makes_its_tuned_run_again(tuned):
    again = tuned.dry_run("--forcerun", "results/tiny/trials/sample/hogwild/2x1/rate-2/run.json")
    assert names(again) == {"hogwild 2x1 rate 2", "hogwild_tuned 2x1 seed 1"} | ANALYSIS - {"table independent_copies"}
