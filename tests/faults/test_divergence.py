"""A run whose numbers leave the numbers is a row "diverged", and the others go on."""

import numpy
import pytest
import torch
from project import TINY

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.records.record import read_record
from casual_training.runs.perform import perform
from casual_training.workload import datasets
from training import TRAIN_SAMPLES, make_run, prepared

pytestmark = pytest.mark.usefixtures("fork_server")


def performed(run, tmp_path, data_dir):
    record = perform(run, tmp_path, data_dir)
    assert read_record(tmp_path) == record
    return record


def run_of(strategy, **changes):
    return make_run(strategy=strategy, workers=1 if strategies.takes_one_worker(strategy) else 2, **changes)


@pytest.mark.parametrize("strategy", strategies.names())
def test_a_learning_rate_of_a_million_is_divergence_and_no_time(strategy, tmp_path, data_dir):
    run = run_of(strategy, optimizer={"name": "sgd", "lr": 1e6}, passes=3)
    record = performed(run, tmp_path, data_dir)
    assert record.status == "diverged"
    assert "nan" in record.cause or "inf" in record.cause or "finite" in record.cause
    assert record.clocks["train_seconds"] is record.validation_metric is record.samples_per_second is None
    assert record.curve == []


@pytest.mark.parametrize("strategy", strategies.names())
def test_input_that_is_no_number_is_divergence(strategy, tmp_path, data_dir, monkeypatch):
    normalise = datasets.normalise

    def poisoned(images, dataset):
        inputs = normalise(images, dataset)
        inputs[len(inputs) // 2] = numpy.nan
        return inputs

    monkeypatch.setattr(datasets, "normalise", poisoned)
    assert performed(run_of(strategy), tmp_path, data_dir).status == "diverged"


@pytest.mark.slow
def test_a_study_with_a_diverging_workload_ends_and_names_failed_runs(project):
    workload = TINY["workloads"]["sample"]
    project.set("workloads.wild", workload | {"optimizer": {"name": "sgd", "lr": 1e6}})
    project.set("study.workloads", ["sample", "wild"])
    project.set("study.methods", ["serial"])
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    statuses = {run.workload: read_record(project.root / run.folder).status for run in project.plan.runs}
    assert statuses == {"sample": "ok", "wild": "diverged"}
    assert "study tiny: 2 of 4 runs failed" in done.stdout  # its independent copies, too
    _, again = done.stdout.split("snakemake --cores 4 --configfile study.yaml --forcerun ")
    assert "results/tiny/runs/wild/serial/1x2/seed-1/run.json" in again.split("\n")[0]
    assert (project.reports / "report.html").is_file()


def train(run, data_dir, planned_samples, spoil=lambda model: None):
    """Train as perform does; `spoil` changes the network before."""
    from casual_training.runs.perform import _train
    from casual_training.runs.prepare import PreparedRun

    model, data, recorder = prepared(run, data_dir)
    spoil(model)
    _train(PreparedRun(run, None, data, model, None, None), recorder, planned_samples)


def test_a_recorded_loss_that_is_no_number_is_divergence(data_dir):
    run = make_run(optimizer={"name": "sgd", "lr": 1e6, "momentum": 0.5}, passes=2)
    with pytest.raises(RunFailed) as failure:
        train(run, data_dir, 2 * TRAIN_SAMPLES)
    assert failure.value.status == "diverged"


def test_weights_that_are_no_numbers_are_divergence_without_a_loss(data_dir):
    def spoil(model):
        with torch.no_grad():
            next(model.parameters()).fill_(float("nan"))

    with pytest.raises(RunFailed, match="not a finite number") as failure:
        train(make_run(log_interval=1000), data_dir, TRAIN_SAMPLES, spoil)
    assert failure.value.status == "diverged"
