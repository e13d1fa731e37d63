"""torch's DistributedDataParallel as a strategy: equal to serial training on all workers' batches together."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.measure.recorder import Recorder
from casual_training.workload import models, samples
from casual_training.workload.data_order import planned_work
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer
from casual_training.workload.pipelines import PIPELINES
from training import make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")

OPTIMIZERS = [
    {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    {"name": "adam", "lr": 0.001, "weight_decay": 0.01},
]


def linear():
    """A network without dropout, whose result depends on nothing but its batches."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


@pytest.fixture
def linear_model(monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: linear())


def hash_of(model) -> str:
    return hashlib.sha256(b"".join(value.numpy().tobytes() for value in model.state_dict().values())).hexdigest()


def on_joint_batches(run, data_dir):
    """Train serially on the workers' batches of each step together, with the mean over workers of their mean losses."""
    model, data, _ = prepared(run, data_dir)
    compute_loss, optimizer = make_loss(run), make_optimizer(model, run)
    for number in range(run.passes):
        batches = [list(data.batches(number, rank)) for rank in range(run.workers)]
        for step in range(max(map(len, batches))):
            parts = [own[step] for own in batches if step < len(own)]
            optimizer.zero_grad()
            loss = sum(compute_loss(model(inputs), targets) for inputs, targets in parts) / run.workers
            loss.backward()
            optimizer.step()
    return model


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer["name"])
@pytest.mark.parametrize(("workers", "samples"), [(2, 640), (2, 321), (3, 289)])
def test_workers_together_equal_serial_training_on_their_joint_batches(
    workers, samples, optimizer, data_dir, linear_model
):
    run = make_run(strategy="ddp", workers=workers, passes=2, train_samples=samples, optimizer=optimizer)
    model, recorder = trained(run, data_dir)
    assert recorder.samples == 2 * samples
    for mine, expected in zip(model.parameters(), on_joint_batches(run, data_dir).parameters(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-5)


def test_with_its_share_of_serials_batch_each_it_equals_serial_training(data_dir, linear_model):
    model, _ = trained(make_run(strategy="ddp", workers=2, batch_size=16, passes=2), data_dir)
    serial, _ = trained(make_run(batch_size=32, passes=2), data_dir)
    for mine, expected in zip(model.parameters(), serial.parameters(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("max_steps", [None, 7, 70])
@pytest.mark.parametrize("strategy", ["ddp", "local_sgd"])
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_workers_with_unequal_numbers_of_batches_all_end(strategy, pipeline, max_steps, data_dir):
    # 2 x 160 + 1 samples: worker 0 has 6 batches in each pass, the last of a single sample, worker 1 has 5.
    changes = {"train_samples": 321, "passes": 8, "max_steps": max_steps, "input_pipeline": pipeline}
    options = {"average_every": 1} if strategy == "local_sgd" else {}
    run = make_run(strategy=strategy, options=options, workers=2, deadline_seconds=20, **changes)
    _, recorder = trained(run, data_dir)
    assert [worker["samples"] for worker in recorder.workers()] == [planned_work(321, rank, run)[1] for rank in (0, 1)]


@pytest.mark.parametrize(("strategy", "options"), [("ddp", {}), ("local_sgd", {"average_every": 1})])
@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_weights_come_out_of_every_run(strategy, options, workers, data_dir):
    run = make_run(strategy=strategy, options=options, workers=workers, passes=2, train_samples=321)
    assert len({hash_of(trained(run, data_dir)[0]) for _ in range(3)}) == 1


class PartlyUsed(nn.Module):
    """A network with a layer that is frozen and one that the loss does not depend on."""

    def __init__(self):
        super().__init__()
        self.frozen, self.used, self.unused = (nn.Linear(784, 10) for _ in range(3))
        self.frozen.requires_grad_(False)

    def forward(self, images):
        return self.frozen(images.flatten(1)) + self.used(images.flatten(1))


def test_a_network_with_unused_parameters_is_refused_by_their_names(data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: PartlyUsed())
    with pytest.raises(RunFailed) as failure:
        trained(make_run(strategy="ddp", method="ddp", workers=2), data_dir)
    assert "ddp cannot train a network that leaves parameters without a gradient in a step" in failure.value.cause
    assert "(unused.weight, unused.bias); freeze or remove them" in failure.value.cause


class Normalised(nn.Module):
    """A network with batch norm."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(784)
        self.linear = nn.Linear(784, 10)

    def forward(self, images):
        return self.linear(self.norm(images.flatten(1)))


def batch_statistics(run, data_dir, rank):
    """The running mean of a network after a worker's first batch."""
    data = PIPELINES["memory"](samples.load(run, data_dir), run)
    network = Normalised()
    network(next(data.batches(0, rank))[0])
    return network.norm.running_mean


def test_the_running_statistics_of_batch_norm_are_worker_0s(data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: Normalised())
    run = make_run(strategy="ddp", workers=2, max_steps=2)
    model, _ = trained(run, data_dir)
    torch.testing.assert_close(model.norm.running_mean, batch_statistics(run, data_dir, rank=0))
    assert not torch.allclose(model.norm.running_mean, batch_statistics(run, data_dir, rank=1))


def test_the_running_statistics_of_batch_norm_are_averaged_by_local_sgd(data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: Normalised())
    run = make_run(strategy="local_sgd", workers=2, max_steps=2)
    model, _ = trained(run, data_dir)
    mean = sum(batch_statistics(run, data_dir, rank) for rank in (0, 1)) / 2
    torch.testing.assert_close(model.norm.running_mean, mean)
    assert model.norm.num_batches_tracked == 1


def test_where_torch_has_no_gloo_the_run_is_unavailable_and_says_why(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_gloo_available", lambda: False)
    with pytest.raises(Exception, match=r"no torch.distributed with gloo; install one that has") as failure:
        strategies.load("ddp")(linear(), None, make_run(strategy="ddp"), Recorder(1, 1, 1))
    assert failure.value.status == "unavailable"


STANDALONE = Path(__file__).parents[2] / "examples" / "standalone"


def printed_by(script: str) -> list[str]:
    """What a standalone script prints of 2 workers, 2 passes and 321 samples."""
    options = {"workers": 2, "passes": 2, "samples": 321, "log-interval": 1}
    command = [sys.executable, STANDALONE / script, *(f"--{option}={value}" for option, value in options.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("script", ["ddp.py", "local_sgd.py", "sync_shared.py"])
def test_standalone_scripts_end_where_a_worker_has_no_last_batch(script):
    # Worker 1 has a loss over no samples in both passes; if its gradient were not zero, all that follows would be nan.
    assert ["nan" in line for line in printed_by(script) if "worker 1" in line] == 2 * [*5 * [False], True]
