"""Hogwild! with a lock round the update, and without."""

import pytest
import torch
from torch import nn

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.strategies import hogwild
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")


def make_locked(**changes):
    return make_run(strategy="hogwild", options={"update": "locked"}, **changes)


class Probe:
    """A lock and an optimizer that note what happens to them, and to the network meanwhile."""

    def __init__(self):
        self.events = []

    def acquire(self):
        self.events.append("taken")

    def release(self):
        self.events.append("given back")

    def zero_grad(self):
        self.events.append("begun")

    def step(self):
        self.events.append("update")


def work_with_probe(data_dir, probe):
    run = make_locked()
    model, data, recorder = prepared(run, data_dir)
    model.register_forward_hook(lambda *_: probe.events.append("forward"))
    next(model.parameters()).register_hook(lambda _: probe.events.append("backward"))
    recorder.start(0, 1)
    hogwild.work(0, run, recorder, model, data, lock=probe, optimizer=probe)


def test_with_a_lock_workers_train_and_each_takes_it_once_a_step(data_dir):
    faster = {"name": "sgd", "lr": 0.05, "momentum": 0.5}
    _, recorder = trained(make_locked(workers=2, passes=6, optimizer=faster), data_dir)
    for worker in recorder.workers():
        assert worker["measures"]["lock_hold_seconds"]["count"] == worker["steps"] == 60
        assert worker["measures"]["lock_wait_seconds"]["count"] == 60
        assert 0 < worker["measures"]["lock_hold_seconds"]["sum"] < worker["train_seconds"]
    losses = [loss for worker, *_, loss in recorder.losses() if worker == 0]
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


def test_without_a_lock_nobody_waits_for_one(data_dir):
    _, recorder = trained(make_run(strategy="hogwild", workers=2), data_dir)
    assert [worker["measures"] for worker in recorder.workers()] == [{}, {}]


def test_the_lock_is_held_around_the_update_only(data_dir):
    probe = Probe()
    work_with_probe(data_dir, probe)
    of_a_step = ["begun", "forward", "backward", "taken", "update", "given back"]
    assert probe.events == of_a_step * (TRAIN_SAMPLES // 32)


def test_the_lock_is_given_back_if_the_update_fails(data_dir):
    probe = Probe()
    probe.step = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        work_with_probe(data_dir, probe)
    assert probe.events[-2:] == ["taken", "given back"]


def test_one_worker_with_a_lock_has_the_losses_of_one_without(data_dir):
    _, free = trained(make_run(strategy="hogwild"), data_dir)
    _, locked = trained(make_locked(), data_dir)
    assert [loss for *_, loss in locked.losses()] == [loss for *_, loss in free.losses()]


@pytest.mark.parametrize("update", ["free", "locked"])
def test_a_network_with_batch_norm_is_refused(update, data_dir):
    run = make_run(strategy="hogwild", method="hogwild", workers=2, options={"update": update})
    _, data, recorder = prepared(run, data_dir)
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(784, 10))
    before = [tensor.clone() for tensor in model.state_dict().values()]
    with pytest.raises(RunFailed, match="hogwild cannot train a network with batch norm") as refused:
        strategies.load("hogwild")(model, data, run, recorder)
    assert refused.value.status == "unavailable"
    assert all(map(torch.equal, before, model.state_dict().values()))
