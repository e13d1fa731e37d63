"""The parameter server that workers push to and pull from: staleness, its bound, overlap, and what is refused."""

import itertools
import sys
import time

import pytest
import torch

from casual_training import strategies
from casual_training.check.check_strategy import deterministic
from casual_training.check.watched_process import MOST_SECONDS
from casual_training.errors import RunFailed
from casual_training.strategies import ps_push_pull
from casual_training.workload import models
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")


def server_run(workers=2, **changes):
    options = {name: changes.pop(name) for name in ("max_staleness", "overlap") if name in changes}
    return make_run(strategy="ps_push_pull", options=options, workers=workers, **changes)


def losses_of(recorder):
    return [loss for *_, loss in recorder.losses()]


def staleness_of(recorder):
    """How many updates missed 0, 1, 2, ... updates, of all workers."""
    histograms = [worker["staleness"] for worker in recorder.workers()]
    return [sum(bins) for bins in itertools.zip_longest(*histograms, fillvalue=0)]


@pytest.mark.parametrize("model", ["simple_nn", "ps_net"])
@pytest.mark.parametrize(
    "optimizer",
    [
        {"name": "sgd", "lr": 0.03},
        {"name": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 0.001},
        {"name": "adam", "lr": 0.001, "weight_decay": 0.01},
    ],
)
def test_one_worker_repeats_serial_training_bit_for_bit(model, optimizer, data_dir):
    changes = {"model": model, "optimizer": optimizer, "max_steps": 8}
    trained_model, recorder = trained(server_run(workers=1, **changes), data_dir)
    serial_model, serial = trained(make_run(**changes), data_dir)
    assert losses_of(recorder) == losses_of(serial)
    for mine, same in zip(trained_model.parameters(), serial_model.parameters(), strict=True):
        assert torch.equal(mine, same)


def test_every_update_is_counted_once_with_its_staleness(data_dir):
    _, recorder = trained(server_run(workers=3, passes=2), data_dir)
    steps = sum(worker["steps"] for worker in recorder.workers())
    staleness = staleness_of(recorder)
    assert sum(staleness) == steps
    assert sum(staleness[1:]) > 0


@pytest.mark.parametrize("overlap", [False, True])
def test_what_workers_and_server_exchange_is_measured(overlap, data_dir):
    _, recorder = trained(server_run(overlap=overlap), data_dir)
    for worker in recorder.workers():
        measures = worker["measures"]
        assert measures["payload_bytes"] == {"count": worker["steps"], "sum": worker["steps"] * 2 * 21_840 * 4}
        assert measures["lock_wait_seconds"]["count"] == worker["steps"]
        assert 0 < measures["lock_hold_seconds"]["sum"] < worker["train_seconds"]
        assert measures["communication_seconds"]["sum"] < worker["train_seconds"]
        round_trips = measures["round_trip_seconds"]
        assert round_trips["count"] == worker["steps"]
        assert measures["lock_hold_seconds"]["sum"] < round_trips["sum"] < worker["train_seconds"]


@pytest.mark.parametrize("max_staleness", [0, 1, 3])
@pytest.mark.parametrize("workers", [2, 3])
def test_no_update_is_staler_than_the_bound(workers, max_staleness, data_dir):
    # 640 samples are 20 batches, so 3 workers have 7 each, of which the last are of 21 and 22 samples.
    _, recorder = trained(server_run(workers=workers, passes=2, max_staleness=max_staleness), data_dir)
    assert recorder.samples == 2 * TRAIN_SAMPLES
    assert sum(staleness_of(recorder)[max_staleness + 1 :]) == 0


def test_synchronous_workers_with_different_numbers_of_steps_all_end(data_dir):
    run = server_run(workers=3, max_staleness=0, sampling="full", passes=4)  # worker 0 makes two epochs, the others one
    _, recorder = trained(run, data_dir)
    assert [worker["steps"] for worker in recorder.workers()] == [40, 20, 20]


def test_synchronous_workers_repeat_bit_for_bit(data_dir):
    (model, one), (other, two) = (trained(server_run(workers=3, max_staleness=0), data_dir) for _ in range(2))
    assert losses_of(one) == losses_of(two)
    for mine, same in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, same)


SYNCHRONOUS = """
import dataclasses

from casual_training.strategies import ps_push_pull

DETERMINISTIC = True


def train(model, data, run, recorder):
    options = {"max_staleness": 0, "overlap": False}
    ps_push_pull.train(model, data, dataclasses.replace(run, strategy="ps_push_pull", options=options), recorder)
"""


def test_synchronous_workers_have_one_hash_of_the_weights_in_fresh_processes(tmp_path, monkeypatch):
    file = tmp_path / "synchronous_push_pull.py"
    file.write_text(SYNCHRONOUS)
    monkeypatch.setenv(strategies.OWN_FILES, str(file))
    result = deterministic(file.stem, tmp_path / "log", 2, time.monotonic() + 2 * MOST_SECONDS)
    assert (result.outcome, result.detail) == ("passed", "2 fresh processes end with the same weights")


def test_with_overlap_one_worker_is_one_update_late_but_for_its_first(data_dir):
    _, recorder = trained(server_run(workers=1, overlap=True, passes=2), data_dir)
    assert staleness_of(recorder) == [40]  # its own update that it missed is not one of others
    _, serial = trained(make_run(passes=2), data_dir)
    mine, same = losses_of(recorder), losses_of(serial)
    assert mine[0] == same[0]
    assert all(loss != other for loss, other in zip(mine[1:], same[1:], strict=True))


def test_with_overlap_the_last_gradients_are_applied_too(data_dir):
    _, recorder = trained(server_run(workers=2, overlap=True), data_dir)
    assert sum(staleness_of(recorder)) == sum(worker["steps"] for worker in recorder.workers()) == 20


class PartlyTrained(torch.nn.Module):
    """A network with a layer that is frozen and one that the loss does not depend on."""

    def __init__(self):
        super().__init__()
        self.frozen, self.used, self.unused = (torch.nn.Linear(784, 10) for _ in range(3))
        self.frozen.requires_grad_(False)

    def forward(self, images):
        return self.frozen(images.flatten(1)) + self.used(images.flatten(1))


def test_what_is_frozen_or_unused_stays_as_it_was(data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: PartlyTrained())
    run = server_run(workers=2)
    model, data, recorder = prepared(run, data_dir)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    strategies.load(run.strategy)(model, data, run, recorder)
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"used.weight", "used.bias"}


def test_the_server_has_one_thread_however_many_cores_there_are(data_dir):
    _, recorder = trained(server_run(), data_dir)
    assert recorder.server()["threads"] == 1


def test_a_bound_that_overlap_cannot_keep_is_refused():
    with pytest.raises(RunFailed, match="set one of the two") as failure:
        strategies.load("ps_push_pull")(torch.nn.Linear(1, 1), None, server_run(overlap=True, max_staleness=4), None)
    assert failure.value.status == "unavailable"


def test_batch_norm_is_refused():
    with pytest.raises(RunFailed, match="batch norm") as failure:
        strategies.load("ps_push_pull")(torch.nn.BatchNorm1d(1), None, server_run(), None)
    assert failure.value.status == "unavailable"


def list_imports(rank, run, recorder, *arguments):
    """Train in a worker; complain of what had to be imported for it."""
    before = set(sys.modules)
    ps_push_pull.work(rank, run, recorder, *arguments)
    late = sorted(set(sys.modules) - before)
    if late:
        raise ImportError(f"{len(late)} modules were imported inside the train clock, {late[0]} first")


def test_nothing_is_imported_inside_the_train_clock(data_dir, monkeypatch):
    monkeypatch.setattr(ps_push_pull, "work", list_imports)
    run = server_run(workers=1)
    model, data, recorder = prepared(run, data_dir)
    ps_push_pull.train(model, data, run, recorder)
    assert recorder.samples == TRAIN_SAMPLES
