"""What tests of training share: small runs on the real images that ship with the tests."""

import shutil
from pathlib import Path

import torch

from casual_training import strategies
from casual_training.check import small_runs
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots
from casual_training.plan.run import Run
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import data_order, fetch, models, pipelines, samples

SAMPLE = Path(__file__).parent / "data" / "fashion_mnist_sample"
TRAIN_SAMPLES = 640

SAMPLE_RUN = {
    "study": "test",
    "workload": "sample",
    "method": "method",
    "dataset": SAMPLE.name,
    "model": "simple_nn",
    "batch_size": 32,
    "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5},
    "snapshots": 4,
    "deadline_seconds": 60,
}


def make_run(strategy: str = "serial", **changes) -> Run:
    """A small run of the sample; otherwise as the conformance kit makes them."""
    return small_runs.make_run(strategy, **SAMPLE_RUN | changes)


def sample_data_dir(folder: Path) -> Path:
    """A data folder that holds the sample, unpacked."""
    shutil.copytree(SAMPLE, folder / SAMPLE.name)
    fetch.fetch(SAMPLE.name, folder)
    return folder


def prepared(run: Run, data_dir: Path):
    """The model, data and recorder of a run, as runs/perform.py makes them."""
    splits = samples.load(run, data_dir)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    torch.manual_seed(derived_seed(run.seed, INITIAL_WEIGHTS))
    model = models.build(run.model)
    steps, _ = data_order.planned_work(len(splits.train), 0, run)
    thresholds = [TRAIN_SAMPLES * number // run.snapshots for number in range(1, run.snapshots)]
    return model, data, Recorder(run.workers, steps, run.log_interval, Snapshots(model, thresholds))


def trained(run: Run, data_dir: Path):
    """Train a run for real; returns (model, recorder)."""
    model, data, recorder = prepared(run, data_dir)
    strategies.load(run.strategy)(model, data, run, recorder)
    return model, recorder
