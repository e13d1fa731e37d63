"""What tests of training share: small runs on the real images that ship with the tests."""

import dataclasses
import shutil
from pathlib import Path

import torch

from casual_training import strategies
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots
from casual_training.plan.run import Run
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import fetch, models, pipelines, data_order, samples

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
    options={},
    threads=1,
    cores=2,
    input_pipeline="memory",
    sampling="shard",
    omp_wait_policy=None,
    max_steps=None,
    expected_failure=False,
    dataset="fashion_mnist_sample",
    train_samples=None,
    model="simple_nn",
    loss="cross_entropy",
    metric={"name": "accuracy", "function": "accuracy", "higher_is_better": True},
    batch_size=32,
    optimizer={"name": "sgd", "lr": 0.01, "momentum": 0.5},
    log_interval=1,
    snapshots=4,
    deadline_seconds=60,
)


def make_run(**changes) -> Run:
    """A small run; epochs follow from passes and workers."""
    run = dataclasses.replace(SERIAL_RUN, **changes)
    defaults = {name: option["default"] for name, option in strategies.options(run.strategy).items()}
    defaults |= {"device": "cpu"} if "device" in defaults else {}  # there may be no other
    return dataclasses.replace(run, epochs=run.passes / run.workers, options=defaults | run.options)


def sample_data_dir(folder: Path) -> Path:
    """A data folder that holds the sample, unpacked."""
    shutil.copytree(SAMPLE, folder / SAMPLE.name)
    fetch.fetch(SAMPLE.name, folder)
    return folder


def prepared(run: Run, data_dir: Path):
    """The model, data and recorder of a run, as experiment.py makes them."""
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
