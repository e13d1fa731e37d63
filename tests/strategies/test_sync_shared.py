"""Synchronous training is serial training with the joint batch, and repeats bit for bit."""

import pytest
import torch
from torch import nn

from training import make_run, prepared, strategies, trained

pytestmark = pytest.mark.usefixtures("fork_server")
OPTIMIZERS = {
    "momentum": {"name": "sgd", "lr": 0.05, "momentum": 0.9},
    "weight decay": {"name": "sgd", "lr": 0.05, "weight_decay": 0.01},
    "adam": {"name": "adam", "lr": 0.001, "weight_decay": 0.01},
}


class Branching(nn.Module):
    """One layer is used for some batches only, one never, and one is frozen."""

    def __init__(self):
        super().__init__()
        self.always, self.sometimes, self.never, self.frozen = (nn.Linear(784, 10) for _ in range(4))
        self.frozen.requires_grad_(False)

    def forward(self, images):
        pixels = images.flatten(1)
        outputs = self.always(pixels) + self.frozen(pixels)
        return outputs + self.sometimes(pixels) if pixels.mean() > 0 else outputs


def without_dropout():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))


def train(build, data_dir, **changes):
    """Train a network made by `build`; returns it and the recorder."""
    run = make_run(**changes)
    _, data, recorder = prepared(run, data_dir)
    torch.manual_seed(run.seed)
    model = build()
    strategies.load(run.strategy)(model, data, run, recorder)
    return model, recorder


def assert_same(one, other):
    for mine, same in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, same)


# 640 samples: 2 x 32 divides them; 3 x 32 leaves workers last batches of 22, 21 and 21; and after three batches of 71
# the first of 3 workers has a single sample left, the others none.
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("workers", "batch_size"), [(2, 32), (3, 32), (3, 71)])
def test_workers_together_make_the_steps_of_serial_training_with_their_joint_batch(
    workers, batch_size, optimizer, data_dir
):
    changes = {"passes": 2, "optimizer": OPTIMIZERS[optimizer]}
    serial, _ = train(without_dropout, data_dir, batch_size=workers * batch_size, **changes)
    joint, _ = train(
        without_dropout, data_dir, strategy="sync_shared", workers=workers, batch_size=batch_size, **changes
    )
    for mine, same in zip(joint.parameters(), serial.parameters(), strict=True):
        torch.testing.assert_close(mine, same, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("workers", [2, 3])
def test_every_run_of_a_seed_ends_with_the_same_weights(workers, data_dir):
    run = make_run(strategy="sync_shared", workers=workers, passes=2)
    first, _ = trained(run, data_dir)
    for _ in range(2):
        again, _ = trained(run, data_dir)
        assert_same(first, again)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_worker_repeats_serial_training_without_some_gradients(optimizer, data_dir):
    changes = {"passes": 2, "optimizer": OPTIMIZERS[optimizer]}
    serial, _ = train(Branching, data_dir, **changes)
    alone, _ = train(Branching, data_dir, strategy="sync_shared", **changes)
    assert_same(alone, serial)


def test_a_parameter_is_updated_if_any_worker_has_a_gradient(data_dir):
    torch.manual_seed(1)
    initial = Branching()
    model, _ = train(
        Branching, data_dir, strategy="sync_shared", workers=2, optimizer=OPTIMIZERS["weight decay"], passes=2
    )
    assert not torch.equal(model.sometimes.weight, initial.sometimes.weight)
    assert_same(model.never, initial.never)
    assert_same(model.frozen, initial.frozen)


def test_each_step_of_a_worker_says_how_long_it_took_to_average(data_dir):
    _, recorder = trained(make_run(strategy="sync_shared", workers=2), data_dir)
    for worker in recorder.workers():
        assert worker["measures"]["communication_seconds"]["count"] == worker["steps"]
