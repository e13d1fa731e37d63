"""Local SGD: when and what it averages."""

import copy

import pytest
import torch
from torch import nn

from casual_training.workload import models
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")


@pytest.fixture
def linear_model(monkeypatch):
    """Training without dropout, whose result depends on nothing but the batches."""
    monkeypatch.setattr(models, "build", lambda name: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))


def averages_of(recorder) -> list[int]:
    return [worker["measures"]["communication_seconds"]["count"] for worker in recorder.workers()]


def assert_close(model, other):
    for mine, expected in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("every", "averages"), [(1, 20 + 1), (16, 1 + 1), ("epoch", 2), (1000, 1)])
def test_workers_average_as_often_as_they_are_told_and_at_the_end(every, averages, data_dir):
    run = make_run(strategy="local_sgd", options={"average_every": every}, workers=2, passes=2)
    assert 2 * TRAIN_SAMPLES / 2 / run.batch_size == 20  # steps of a worker
    _, recorder = trained(run, data_dir)
    assert averages_of(recorder) == [averages, averages]


def test_averaged_in_every_step_of_plain_sgd_it_equals_ddp(data_dir, linear_model):
    optimizer = {"name": "sgd", "lr": 0.05}
    options = {"average_every": 1}
    every_step, _ = trained(
        make_run(strategy="local_sgd", options=options, workers=2, passes=2, optimizer=optimizer), data_dir
    )
    ddp, _ = trained(make_run(strategy="ddp", workers=2, passes=2, optimizer=optimizer), data_dir)
    assert_close(every_step, ddp)


@pytest.mark.parametrize("optimizer", [{"name": "sgd", "lr": 0.05, "momentum": 0.9}, {"name": "adam", "lr": 0.001}])
@pytest.mark.parametrize("every", [3, "epoch"])
def test_weights_are_averaged_and_optimizer_states_stay_private(every, optimizer, data_dir, linear_model):
    run = make_run(strategy="local_sgd", options={"average_every": every}, workers=2, passes=2, optimizer=optimizer)
    model, _ = trained(run, data_dir)
    initial, data, _ = prepared(run, data_dir)
    copies, compute_loss = [initial, copy.deepcopy(initial)], make_loss(run)
    optimizers = [make_optimizer(own, run) for own in copies]
    pairs = [pair for number in range(2) for pair in zip(data.batches(number, 0), data.batches(number, 1), strict=True)]
    for step, pair in enumerate(pairs, start=1):
        for own, optimizer_of, (inputs, targets) in zip(copies, optimizers, pair, strict=True):
            optimizer_of.zero_grad()
            compute_loss(own(inputs), targets).backward()
            optimizer_of.step()
        if step % (10 if every == "epoch" else every) == 0 or step == len(pairs):
            with torch.no_grad():
                for mine, others in zip(*(own.parameters() for own in copies), strict=True):
                    mine.copy_((mine + others) / 2)
                    others.copy_(mine)
    assert_close(model, initial)


def test_the_caller_holds_the_average_and_not_worker_0s_weights(data_dir, linear_model):
    alone, _ = trained(make_run(strategy="independent", workers=2), data_dir)  # worker 0's, never averaged
    model, _ = trained(make_run(strategy="local_sgd", options={"average_every": "epoch"}, workers=2), data_dir)
    assert not torch.allclose(next(model[1].parameters()), next(alone[1].parameters()))


def test_a_snapshot_holds_worker_0s_own_weights_of_its_moment(data_dir, linear_model):
    run = make_run(strategy="local_sgd", options={"average_every": "epoch"}, workers=2)
    _, recorder = trained(run, data_dir)
    alone, data, _ = prepared(run, data_dir)
    compute_loss, optimizer, moments = make_loss(run), make_optimizer(alone, run), []
    for inputs, targets in data.batches(0, 0):
        optimizer.zero_grad()
        compute_loss(alone(inputs), targets).backward()
        optimizer.step()
        moments.append(alone.state_dict()["1.weight"].clone())
    snapshots = [weights["1.weight"] for *_, weights in recorder.snapshots.taken()]
    assert len(snapshots) >= 2  # of 3: where worker 1 is late, worker 0 is done before the last is due
    for weights in snapshots:
        assert sum(torch.allclose(weights, moment, rtol=0, atol=1e-6) for moment in moments) == 1
