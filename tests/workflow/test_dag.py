"""Which jobs Snakemake would run, and that an edit reruns what it concerns and nothing else."""

import json
import os
import shlex
from collections import Counter

import pytest
from project import ANALYSIS, CHARTS, COPIES, PAGE, RUNS, TABLES, TINY, Project, names

from casual_training.analysis import parts
from casual_training.study.outcome import outcome

OF_THE_COMPARISON = {"table comparison", "make_verdict"} | {
    f"chart {name}" for name, found in parts.literals("charts").items() if "comparison" in found["INPUTS"]
}


OF_ALL_RUNS = ANALYSIS - {"table tuning"}  # which is made from trials, and there are none
OF_RUNS = OF_ALL_RUNS - {"table independent_copies"}


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> Project:
    """The default study on a machine of two cores."""
    return Project.of_repository(tmp_path_factory.mktemp("default") / "project", {"machine": {"cores": 2}})


@pytest.fixture(scope="module")
def default_jobs(default):
    return default.dry_run("--cores", "7")


def rules(jobs):
    return Counter(job.rule for job in jobs)


def test_the_default_study_is_50_runs_5_copies_and_10_diagnoses(default_jobs):
    assert rules(default_jobs) == {
        "fetch_dataset": 1,
        "train": 50,
        "measure_independent_copies": 5,
        "diagnose": 10,
        "make_table": len(TABLES),
        "make_verdict": 1,
        "draw_chart": len(CHARTS),
        "render_report": 1,
        "all": 1,
    }


def test_timed_jobs_claim_all_cores_and_others_one(default_jobs):
    threads = {(job.rule, job.threads) for job in default_jobs}
    timed = {("train", 7), ("measure_independent_copies", 7), ("diagnose", 7)}
    assert timed < threads
    assert {count for rule, count in threads - timed} == {1}


def test_cores_in_the_list_of_workers_doubles_no_run(default, tmp_path):
    project = default.copy(tmp_path / "project")
    project.set("study.workers", [2, 4])
    assert rules(project.dry_run())["train"] == 50


def test_cores_given_to_snakemake_change_no_run(project):
    project.set("machine.cores", "auto")

    def commands(cores):
        printed = project.snakemake("--dry-run", "--printshellcmds", "--cores", cores).stdout
        return {line.strip() for line in printed.splitlines() if "casual_training train" in line}

    of_one, of_eight = commands("1"), commands("8")
    specs = [json.loads(shlex.split(command)[shlex.split(command).index("--run") + 1]) for command in of_one]
    assert {spec["method"] for spec in specs} == {"serial", "hogwild", "copies"}
    assert of_one == of_eight


def test_timed_jobs_are_executed_in_the_order_of_the_schedule(finished):
    planned = [run.folder for run in finished.plan.schedule]
    assert planned != sorted(planned)  # or any order would do
    started = {
        folder: json.loads((finished.root / folder / "run.json").read_text())["started_at"] for folder in planned
    }
    assert sorted(planned, key=started.get) == planned


def test_a_finished_study_has_nothing_to_do(finished):
    assert finished.dry_run() == []


def test_a_moved_study_with_a_fresh_checkout_has_nothing_to_do(study):
    for file in [*(study.root / "src").rglob("*"), *(study.root / "workflow").rglob("*")]:
        os.utime(file)
    assert study.dry_run() == []


@pytest.mark.parametrize(
    ("file", "rerun"),
    [
        ("strategies/hogwild.py", {"hogwild 1x2 seed 1", "hogwild 2x1 seed 1"} | OF_RUNS),
        ("strategies/serial.py", {"serial 1x2 seed 1"} | OF_RUNS),
        ("workload/models/simple_nn.py", RUNS | COPIES | OF_ALL_RUNS),
        ("measure/recorder.py", RUNS | COPIES | OF_ALL_RUNS),
        ("analysis/tables/claims.py", ANALYSIS),
        ("analysis/verdict/findings.py", ANALYSIS),
        ("analysis/charts/waterfall.py", CHARTS | PAGE),
        ("../../examples/standalone/hogwild.py", OF_THE_COMPARISON | PAGE),
        ("analysis/page/report.html.jinja2", PAGE),
    ],
)
def test_an_edited_source_reruns_what_depends_on_it_and_nothing_else(study, file, rerun):
    study.edit(file)
    assert names(study.dry_run()) == rerun


@pytest.mark.parametrize(
    ("key", "value", "rerun"),
    [
        ("workloads.sample.batch_size", 16, RUNS | COPIES),
        ("methods.serial.threads", 2, {"serial 1x2 seed 1"}),
        # Two workers on two cores had one thread each already.
        ("methods.hogwild.threads", 1, {"hogwild 1x2 seed 1"}),
        ("study.seeds", [1, 2], {name.replace("seed 1", "seed 2") for name in RUNS | COPIES}),
        ("machine.deadline_seconds", 7, set()),
        ("machine.data_dir", "elsewhere", set()),
    ],
)
def test_a_changed_key_trains_what_it_concerns_and_makes_the_page_anew(study, key, value, rerun):
    study.set(key, value)
    assert names(study.dry_run()) == rerun | ANALYSIS


def test_another_data_folder_does_not_hide_what_else_is_to_be_done(study):
    study.set("machine.data_dir", "elsewhere")
    study.edit("strategies/serial.py")
    (study.results / "runs/sample/hogwild/2x1/seed-1/run.json").unlink()
    assert {"serial 1x2 seed 1", "hogwild 2x1 seed 1"} | ANALYSIS == names(study.dry_run())


def test_the_command_for_what_failed_makes_that_again_and_no_other_run(study):
    folders = ["results/tiny/runs/sample/hogwild/2x1/seed-1", "results/tiny/independent_copies/sample/seed-1"]
    for folder in folders:
        file = study.root / folder / "run.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"status": "failed", "cause": "a worker died"}))
    command = outcome(study.plan.schedule, study.root).repeat("snakemake")
    _, *arguments = shlex.split(command)
    assert names(study.dry_run()) == OF_ALL_RUNS
    assert names(study.dry_run(*arguments)) == {"hogwild 2x1 seed 1", "copies seed 1"} | OF_ALL_RUNS


def test_a_workload_that_is_added_leaves_the_others_alone(study):
    study.set("workloads.large_batch", TINY["workloads"]["sample"] | {"batch_size": 64})
    study.set("study.workloads", ["sample", "large_batch"])
    jobs = study.dry_run()
    assert rules(jobs)["train"] == 3
    assert rules(jobs)["measure_independent_copies"] == 1
    assert names([job for job in jobs if "workload" not in job.wildcards]) == ANALYSIS
    assert {job.wildcards.get("workload") for job in jobs} == {None, "large_batch"}


def test_snakemakes_own_report_needs_no_cores_and_holds_the_page(finished, tmp_path):
    done = finished.snakemake("--report", str(tmp_path / "report.html"))
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "report.html").read_text()
    for shown in (
        "report.html",
        "runs.csv",
        "comparison.csv",
        "verdict.json",
        "losses.svg",
        "forest.svg",
        "accuracy.svg",
    ):
        assert f'"{shown}"' in text
