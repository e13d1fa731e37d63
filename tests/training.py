"""What tests of training share: small runs on the real images that ship with the tests."""

import dataclasses
import shutil
from pathlib import Path

import torch

from casual_training import datasets, fetch, models, pipelines, strategies
from casual_training.recorder import Recorder
from casual_training.run import Run
from casual_training.seeding import INITIAL_WEIGHTS, derived_seed

SAMPLE = Path(__file__).parent / "data" / "fashion_mnist_sample"
TRAIN_SAMPLES = 640

SERIAL_RUN = Run(
    study="test",
    workload="sample",
    method="method",
    workers=1,
    epochs=1.0,
    passes=1,
    seed=1,
    strategy="serial",
    threads=1,
    cores=2,
    input_pipeline="memory",
    expected_failure=False,
    dataset="fashion_mnist_sample",
    train_samples=None,
    model="simple_nn",
    loss="cross_entropy",
    batch_size=32,
    optimizer={"name": "sgd", "lr": 0.01, "momentum": 0.5},
    log_interval=1,
    deadline_seconds=60,
)


def make_run(**changes) -> Run:
    """A small run; epochs follow from passes and workers."""
    run = dataclasses.replace(SERIAL_RUN, **changes)
    return dataclasses.replace(run, epochs=run.passes / run.workers)


def sample_data_dir(folder: Path) -> Path:
    """A data folder that holds the sample, unpacked."""
    shutil.copytree(SAMPLE, folder / SAMPLE.name)
    fetch.fetch(SAMPLE.name, folder)
    return folder


def prepared(run: Run, data_dir: Path):
    """The model, data and recorder of a run, as experiment.py makes them."""
    splits = datasets.load(run.dataset, data_dir, run.train_samples)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    torch.manual_seed(derived_seed(run.seed, INITIAL_WEIGHTS))
    model = models.build(run.model)
    steps = pipelines.steps_per_worker(len(splits.train_labels), run)
    return model, data, Recorder(run.workers, steps, run.log_interval)


def trained(run: Run, data_dir: Path):
    """Train a run for real; returns (model, recorder)."""
    model, data, recorder = prepared(run, data_dir)
    strategies.load(run.strategy)(model, data, run, recorder)
    return model, recorder
