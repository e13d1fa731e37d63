"""Every strategy that is found obeys the contract of strategies/__init__.py."""

import itertools
import sys

import pytest
import torch

import casual_training.strategies.serial  # noqa: F401 - reached as strategies.serial
from casual_training import processes, strategies
from casual_training.pipelines import PIPELINES
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")
ALONE = [name for name in strategies.names() if strategies.takes_one_worker(name)]
PARALLEL = [name for name in strategies.names() if name not in ALONE]


def losses_of(recorder):
    return [loss for *_, loss in recorder.losses()]


@pytest.fixture(scope="module")
def serial_losses(data_dir, fork_server):
    _, recorder = trained(make_run(passes=2), data_dir)
    return losses_of(recorder)


@pytest.mark.parametrize("name", strategies.names())
def test_the_caller_holds_the_trained_weights(name, data_dir):
    run = make_run(strategy=name, passes=2)
    initial, _, _ = prepared(run, data_dir)
    model, _ = trained(run, data_dir)
    moved = [not torch.equal(a, b) for a, b in zip(initial.parameters(), model.parameters(), strict=True)]
    assert all(moved)


@pytest.mark.parametrize("name", strategies.names())
def test_training_lowers_the_loss(name, data_dir):
    faster = {"name": "sgd", "lr": 0.05, "momentum": 0.5}
    _, recorder = trained(make_run(strategy=name, passes=6, optimizer=faster), data_dir)
    losses = losses_of(recorder)
    assert sum(losses[-20:]) < 0.8 * sum(losses[:20])


@pytest.mark.parametrize("name", strategies.names())
def test_one_worker_has_the_losses_of_serial_training_bit_for_bit(name, data_dir, serial_losses):
    _, recorder = trained(make_run(strategy=name, passes=2, cores=1), data_dir)  # a server has as many threads as cores
    assert losses_of(recorder) == serial_losses


@pytest.mark.parametrize("name", strategies.names())
def test_snapshots_hold_the_weights_of_their_moment(name, data_dir):
    run = make_run(strategy=name, passes=3)
    initial, _, _ = prepared(run, data_dir)
    model, recorder = trained(run, data_dir)
    samples = [samples for _, samples, _ in recorder.snapshots.taken()]
    assert samples == [160, 320, 480]
    moments = [initial.state_dict(), *(weights for *_, weights in recorder.snapshots.taken()), model.state_dict()]
    for before, after in itertools.pairwise(moments):
        assert all(not torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("name", strategies.names())
def test_a_run_cut_short_makes_only_its_first_steps(name, data_dir, serial_losses):
    _, recorder = trained(make_run(strategy=name, passes=2, cores=1, max_steps=5), data_dir)
    assert losses_of(recorder) == serial_losses[:5]


@pytest.mark.parametrize("name", PARALLEL)
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_share_exactly_the_planned_samples(name, workers, data_dir):
    _, recorder = trained(make_run(strategy=name, workers=workers, passes=2), data_dir)
    samples = [worker["samples"] for worker in recorder.workers()]
    assert sum(samples) == 2 * TRAIN_SAMPLES
    assert max(samples) - min(samples) <= 2


@pytest.mark.parametrize("name", PARALLEL)
def test_workers_train_at_the_same_time(name, data_dir):
    _, recorder = trained(make_run(strategy=name, workers=2, passes=4), data_dir)
    starts, ends = recorder.counters[:, 0], recorder.counters[:, 1]
    overlap = (ends.min() - starts.max()) / (ends.max() - starts.min())
    assert overlap > 0.5


def test_serial_training_repeats_bit_for_bit(data_dir, serial_losses):
    _, recorder = trained(make_run(passes=2), data_dir)
    assert losses_of(recorder) == serial_losses


def test_another_seed_is_another_run(data_dir, serial_losses):
    _, recorder = trained(make_run(passes=2, seed=2), data_dir)
    assert losses_of(recorder) != serial_losses


def test_with_torchvision_in_front_serial_training_learns_the_same(data_dir, serial_losses):
    _, recorder = trained(make_run(passes=2, input_pipeline="dataloader"), data_dir)
    assert losses_of(recorder) == pytest.approx(serial_losses, rel=1e-3)


def list_imports(rank, run, recorder, model, data):
    """Train one pass in a worker; complain of what had to be imported for it."""
    before = set(sys.modules)
    strategies.serial.work(rank, run, recorder, model, data)
    late = sorted(set(sys.modules) - before)
    if late:
        raise ImportError(f"{len(late)} modules were imported inside the train clock, {late[0]} first")


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_nothing_is_imported_inside_the_train_clock(pipeline, data_dir):
    run = make_run(input_pipeline=pipeline)
    model, data, recorder = prepared(run, data_dir)
    processes.run_workers(list_imports, run, recorder, model, data)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_read_back_in_the_worker(threads, data_dir, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    _, recorder = trained(make_run(threads=threads), data_dir)
    assert [worker["threads"] for worker in recorder.workers()] == [threads]


def test_hogwild_workers_update_the_same_weights(data_dir):
    run = make_run(strategy="hogwild", workers=2, passes=4)
    model, data, recorder = prepared(run, data_dir)
    strategies.load("hogwild")(model, data, run, recorder)
    assert all(parameter.is_shared() for parameter in model.parameters())
    # Each worker saw half of the samples; together they must have learned more than one half teaches.
    _, half = trained(make_run(passes=2), data_dir)
    assert sum(losses_of(recorder)[-10:]) < sum(losses_of(half)[-10:])


def test_independent_copies_share_no_weights(data_dir):
    model, _ = trained(make_run(strategy="independent", workers=2, passes=2), data_dir)
    other, _ = trained(make_run(strategy="independent", workers=2, passes=2), data_dir)
    # Whatever worker 1 does meanwhile, worker 0's weights come out the same.
    for mine, same in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, same)


def test_a_strategy_that_does_half_the_work_is_found_out(data_dir, monkeypatch):
    from casual_training import experiment

    def train(model, data, run, recorder):
        strategies.serial.train(model, data, make_run(passes=1), recorder)

    monkeypatch.setattr(strategies, "load", lambda name: train)
    run = make_run(passes=2)
    model, data, recorder = prepared(run, data_dir)
    with pytest.raises(processes.RunFailed, match="640 samples instead of 1,280"):
        experiment._train(run, model, data, recorder, 2 * TRAIN_SAMPLES)
