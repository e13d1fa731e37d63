"""A study that is interrupted at any moment leaves no process behind, and the same command goes on where it was."""

import random
import re
import time

import pytest
from project import jobs_in, names

from casual_training.records.record import read_record
from casual_training.runs.repeat import FIRST

SECONDS = 5  # after which nothing may be left
LENGTH = 25  # seconds; a little less than the whole tiny study takes


@pytest.mark.parametrize(
    ("times", "earliest"),
    [pytest.param(2, 6, id="twice during a run"), pytest.param(20, 0.5, id="20 times", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "Ctrl-C"])
def test_no_process_outlives_an_interrupted_snakemake(untouched, start, tmp_path, how, times, earliest):
    moments = random.Random(f"{how} {times}")
    for number in range(1, times + 1):
        project = untouched.copy(tmp_path / f"project-{number}")
        if number % 2:
            project.set("study.passes", 400)  # a minute each run, and not over by itself when somebody looks
        study = start(project)
        seconds = moments.uniform(earliest, 10)
        assert not study.has_ended_within(seconds), study.output.read_text()
        study.interrupt(how)
        begun = time.monotonic()
        assert study.alive_after(SECONDS) == [], study.output.read_text()
        print(f"{how} after {seconds:.2f} s, all ended in {time.monotonic() - begun:.2f} s")
        assert study.snakemake.wait() != 0, study.output.read_text()


@pytest.mark.parametrize("times", [pytest.param(1, id="once"), pytest.param(20, id="20 times", marks=pytest.mark.slow)])
def test_a_killed_study_goes_on_where_it_was_with_the_same_command(untouched, finished, start, tmp_path, times):
    moments = random.Random(f"SIGKILL {times}")
    kills = number = 0
    while kills < times:
        number += 1
        project, done = untouched.copy(tmp_path / f"project-{number}"), set()
        while True:
            study = start(project)
            seconds = moments.uniform(0.5, LENGTH) if kills < times else 300
            killed = not study.has_ended_within(seconds)
            if killed:
                kills += 1
                print(f"SIGKILL after {seconds:.2f} s")
                study.interrupt("SIGKILL")
                study.snakemake.wait()
            executed = executed_jobs(study.output.read_text())
            assert done.isdisjoint(executed), "what was done is done again"
            done |= {name for name, was_completed in executed.items() if was_completed}
            if not killed:
                break
        assert study.snakemake.returncode == 0, study.output.read_text()
        assert rows_of(project) == rows_of(finished)
        assert files_of(project) == files_of(finished)


def test_beside_a_running_study_a_second_one_is_refused(project, start):
    study = start(project)
    locks = project.root / ".snakemake" / "locks"
    while not list(locks.glob("*.lock")):
        assert not study.has_ended_within(0.1), study.output.read_text()
    held = sorted(locks.iterdir())
    assert project.dry_run() != []
    assert "Lints for rule" in project.python("snakemake", "--lint").stdout
    second = project.snakemake("--cores", "2")
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout
    assert sorted(locks.iterdir()) == held
    assert not study.has_ended_within(0)


def executed_jobs(output):
    """Read which jobs Snakemake started, and whether it saw them completed, from what it printed."""
    whole_lines = output[: output.rfind("\n") + 1]
    jobs = jobs_in(whole_lines)
    assert len(names(jobs)) == len(jobs)
    return {str(job): bool(re.search(rf"^Finished jobid: {job.jobid} \(", whole_lines, re.M)) for job in jobs}


def rows_of(project):
    """What is the same whenever a study is trained: all of the serial run, and what the others were made of."""
    rows = {}
    for run in project.plan.schedule:
        record = read_record(project.root / run.folder)
        repeatable = ("status", "cause", "samples") + (("test_metric",) if run.strategy == "serial" else ())
        rows[run.folder] = {key: getattr(record, key) for key in repeatable}
    return rows


def files_of(project):
    """All files of data, results and reports, with the temporary ones if there are any."""
    paths = {
        path.relative_to(project.root)
        for folder in ("data", "results", "reports")
        for path in (project.root / folder).rglob("*")
    }
    return {
        path for path in paths if FIRST not in path.parts
    }  # kept of a run that others interfered with, as they may here
