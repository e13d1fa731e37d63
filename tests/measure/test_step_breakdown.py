"""A diagnosed step is taken apart without a gap, by a clock that these tests move by hand."""

import copy
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from casual_training.measure import step_breakdown
from casual_training.measure.step_breakdown import BreakdownRecorder


class Clock:
    now = 0.0

    def __call__(self):
        return self.now

    def tick(self, seconds):
        self.now += seconds


class Network(nn.Module):
    """Takes 3 s for a forward pass."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.weight = clock, nn.Parameter(torch.ones(4))

    def forward(self, inputs):
        self.clock.tick(3)
        return self.weight * inputs


class Optimizer(torch.optim.SGD):
    """Takes 5 s for a step."""

    def __init__(self, network):
        super().__init__(network.parameters(), lr=0.1)
        self.clock = network.clock

    def step(self):
        self.clock.tick(5)


class Data:
    """Takes 2 s for a batch; there are as many as asked for."""

    def __init__(self, clock, batches=1):
        self.clock, self.n_batches = clock, batches

    def batches(self, number, rank):
        for _ in range(self.n_batches):
            self.clock.tick(2)
            yield torch.ones(4), torch.ones(4)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(step_breakdown, "time", SimpleNamespace(perf_counter=clock))
    monkeypatch.setattr(step_breakdown, "_of_this_process", None)
    optimizers = sys.modules["torch.optim.optimizer"]  # torch.optim hides it
    for hooks in ("_global_optimizer_pre_hooks", "_global_optimizer_post_hooks"):  # which a worker takes with it
        monkeypatch.setattr(optimizers, hooks, type(getattr(optimizers, hooks))())
    return clock


def begun(clock, steps=1, batches=1):
    network, data = Network(clock), Data(clock, batches)
    recorder = BreakdownRecorder(network, data, workers=1, steps=steps, log_interval=1)
    recorder.start(0, threads=1)
    return network, data, recorder, Optimizer(network)


def parts(recorder):
    return list(recorder.step_breakdown()["seconds"].values())


def test_the_parts_of_a_step_add_up_to_it(clock):
    network, data, recorder, optimizer = begun(clock)
    for inputs, _ in data.batches(0, 0):
        clock.tick(1)  # other
        loss = network(inputs).sum()
        clock.tick(7)  # the loss and the backward pass
        optimizer.step()
        clock.tick(0.5)  # other
        recorder.step(loss, 4)
    assert list(recorder.step_breakdown()["seconds"]) == [
        "data",
        "forward",
        "backward",
        "communication",
        "update",
        "other",
    ]
    assert parts(recorder) == [2, 3, 7, None, 5, 1.5]
    assert recorder.step_breakdown()["samples_per_second"] == 4 / 18.5


def test_steps_of_an_earlier_copy_of_the_network_are_taken_apart(clock):
    network, data = Network(clock), Data(clock)
    recorder = BreakdownRecorder(network, data, workers=1, steps=1, log_interval=1)
    replica = copy.copy(network)
    recorder.start(0, threads=1)
    for inputs, _ in data.batches(0, 0):
        loss = replica(inputs).sum()
        clock.tick(7)
        recorder.step(loss, 4)
    assert parts(recorder) == [2, 3, 7, None, None, 0]


def test_what_a_worker_waits_for_is_communication_and_not_backward(clock):
    network, data, recorder, optimizer = begun(clock)
    for inputs, _ in data.batches(0, 0):
        with recorder.timing("round_trip_seconds"):
            clock.tick(0.25)
        loss = network(inputs).sum()
        clock.tick(7)
        with recorder.timing("lock_wait_seconds"):
            clock.tick(4)
        with recorder.timing("lock_hold_seconds"):
            optimizer.step()
        recorder.step(loss, 4)
    assert parts(recorder) == [2, 3, 7, 4.25, 5, 0]


def test_what_is_timed_inside_something_timed_counts_once(clock):
    _, data, recorder, _ = begun(clock)
    for _ in data.batches(0, 0):
        with recorder.timing("communication_seconds"):
            clock.tick(1)
            with recorder.timing("round_trip_seconds"):
                clock.tick(2)
            recorder.add("payload_bytes", 100)
        recorder.add("communication_seconds", 0.5)
        clock.tick(0.5)
        recorder.step(torch.tensor(1.0), 4)
    assert parts(recorder) == [2, None, None, 3.5, None, 0]


def test_without_an_optimizer_in_the_worker_its_step_ends_the_backward_pass(clock):
    network, data, recorder, _ = begun(clock)
    for inputs, _ in data.batches(0, 0):
        loss = network(inputs).sum()
        clock.tick(6)
        with recorder.timing("communication_seconds"):
            clock.tick(1)
        recorder.step(loss, 4)
    assert parts(recorder) == [2, 3, 6, 1, None, 0]


def test_the_first_tenth_of_the_steps_is_a_warm_up(clock):
    network, data, recorder, optimizer = begun(clock, steps=10, batches=10)
    for step, (inputs, _) in enumerate(data.batches(0, 0)):
        loss = network(inputs).sum()
        clock.tick(100 if step == 0 else 1)
        optimizer.step()
        recorder.step(loss, 4)
    assert parts(recorder) == [9 * 2, 9 * 3, 9 * 1, None, 9 * 5, 0]
    assert recorder.step_breakdown()["samples_per_second"] == pytest.approx(9 * 4 / (9 * 11))


def test_lost_updates_are_counted_where_others_may_write_the_weights(clock):
    network, data, recorder, optimizer = begun(clock, steps=3, batches=3)
    assert recorder.step_breakdown()["lost_updates"] is None
    for inputs, _ in data.batches(0, 0):
        recorder.reading()
        loss = network(inputs).sum()
        optimizer.step()
        recorder.step(loss, 4)
    assert recorder.step_breakdown()["lost_updates"] == 0
    recorder._survived -= torch.tensor([3.0, 0.0, 0.0, 0.0])  # as if others had overwritten one of the four
    assert recorder.step_breakdown()["lost_updates"] == 0.25


def test_an_update_of_weights_that_are_private_is_not_counted(clock):
    network, data, recorder, optimizer = begun(clock)
    for inputs, _ in data.batches(0, 0):
        loss = network(inputs).sum()
        optimizer.step()
        recorder.step(loss, 4)
    assert recorder.step_breakdown()["lost_updates"] is None


def test_a_server_is_not_hooked_into(clock):
    data = Data(clock)
    recorder = BreakdownRecorder(Network(clock), data, workers=1, steps=1, log_interval=1)
    recorder.start(1, threads=1)
    assert "batches" not in vars(data)
    assert step_breakdown._of_this_process is None
