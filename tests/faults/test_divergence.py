"""A run whose numbers leave the numbers is a row "diverged", and the others go on."""

import json

import numpy
import pytest

from casual_training import datasets, experiment, pipelines, strategies
from training import make_run

pytestmark = pytest.mark.usefixtures("fork_server")


def perform(run, tmp_path, data_dir):
    status = experiment.perform(run, tmp_path, data_dir)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["status"] == status
    return record


def run_of(strategy, **changes):
    return make_run(strategy=strategy, workers=1 if strategy == "serial" else 2, **changes)


@pytest.mark.parametrize("strategy", strategies.names())
def test_a_learning_rate_of_a_million_is_divergence_and_no_time(strategy, tmp_path, data_dir):
    run = run_of(strategy, optimizer={"name": "sgd", "lr": 1e6}, passes=3)
    record = perform(run, tmp_path, data_dir)
    assert record["status"] == "diverged"
    assert "nan" in record["cause"] or "inf" in record["cause"] or "finite" in record["cause"]
    assert record["clocks"]["train_seconds"] is record["validation_accuracy"] is record["samples_per_second"] is None
    assert record["curve"] == []


@pytest.mark.parametrize("strategy", strategies.names())
def test_input_that_is_no_number_is_divergence(strategy, tmp_path, data_dir, monkeypatch):
    def poisoned(images, dataset):
        inputs = datasets.normalise(images, dataset)
        inputs[len(inputs) // 2] = numpy.nan
        return inputs

    monkeypatch.setattr(pipelines, "normalise", poisoned)
    assert perform(run_of(strategy), tmp_path, data_dir)["status"] == "diverged"
