"""A run whose numbers leave the numbers is a row "diverged", and the others go on."""

import json

import numpy
import pytest
from project import TINY

from casual_training import strategies
from casual_training.plan.study import plan
from casual_training.runs import perform
from casual_training.workload import datasets
from training import make_run

pytestmark = pytest.mark.usefixtures("fork_server")


def perform(run, tmp_path, data_dir):
    status = perform.perform(run, tmp_path, data_dir)["status"]
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["status"] == status
    return record


def run_of(strategy, **changes):
    return make_run(strategy=strategy, workers=1 if strategies.takes_one_worker(strategy) else 2, **changes)


@pytest.mark.parametrize("strategy", strategies.names())
def test_a_learning_rate_of_a_million_is_divergence_and_no_time(strategy, tmp_path, data_dir):
    run = run_of(strategy, optimizer={"name": "sgd", "lr": 1e6}, passes=3)
    record = perform(run, tmp_path, data_dir)
    assert record["status"] == "diverged"
    assert "nan" in record["cause"] or "inf" in record["cause"] or "finite" in record["cause"]
    assert record["clocks"]["train_seconds"] is record["validation_metric"] is record["samples_per_second"] is None
    assert record["curve"] == []


@pytest.mark.parametrize("strategy", strategies.names())
def test_input_that_is_no_number_is_divergence(strategy, tmp_path, data_dir, monkeypatch):
    normalise = datasets.normalise

    def poisoned(images, dataset):
        inputs = normalise(images, dataset)
        inputs[len(inputs) // 2] = numpy.nan
        return inputs

    monkeypatch.setattr(datasets, "normalise", poisoned)
    assert perform(run_of(strategy), tmp_path, data_dir)["status"] == "diverged"


@pytest.mark.slow
def test_a_study_with_a_diverging_workload_ends_well_and_says_which_runs_failed(project):
    workload = TINY["workloads"]["sample"]
    project.set("workloads.wild", workload | {"optimizer": {"name": "sgd", "lr": 1e6}})
    project.set("study.workloads", ["sample", "wild"])
    project.set("study.methods", ["serial"])
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    paths = {run.workload: project.root / run.folder / "run.json" for run in plan(project.config)}
    statuses = {workload: json.loads(path.read_text())["status"] for workload, path in paths.items()}
    assert statuses == {"sample": "ok", "wild": "diverged"}
    assert "study tiny: 2 of 4 runs failed" in done.stdout  # its ceiling, too
    _, again = done.stdout.split("snakemake --cores 4 --configfile study.yaml --forcerun ")
    assert "results/tiny/runs/wild/serial/1x2/seed-1/run.json" in again.split("\n")[0]
    assert (project.reports / "report.html").is_file()
