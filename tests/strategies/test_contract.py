"""Every strategy that is found obeys the contract of strategies/__init__.py."""

import importlib
import sys
import time

import pytest
import torch

import casual_training.strategies.serial  # noqa: F401 - reached as strategies.serial
from casual_training import strategies
from casual_training.check import points
from casual_training.check.check_strategy import POINTS, deterministic
from casual_training.check.watched_process import MOST_SECONDS, end_of_check, try_points
from casual_training.errors import RunFailed
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")
PARALLEL = [name for name in strategies.names() if not strategies.takes_one_worker(name)]


def losses_of(recorder):
    return [loss for *_, loss in recorder.losses()]


@pytest.fixture(scope="module")
def serial_losses(data_dir, fork_server):
    _, recorder = trained(make_run(passes=2), data_dir)
    return losses_of(recorder)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", strategies.names())
def test_every_strategy_found_keeps_the_contract(name, point):
    getattr(points, point.replace(" ", "_"))(name)


@pytest.mark.parametrize("name", strategies.names())
def test_whole_and_failed_runs_leave_nothing_and_listen_on_loopback_only(name, tmp_path):
    report = try_points(name, ["exact samples", "death"], tmp_path / "log", end_of_check())
    assert [result.outcome for result in report.results] == ["passed", "passed"]
    assert report.left == []


@pytest.mark.parametrize("name", [name for name in strategies.names() if strategies.is_deterministic(name)])
def test_a_deterministic_strategy_has_one_weights_hash_in_5_processes(name, tmp_path):
    result = deterministic(name, tmp_path / "log", 5, time.monotonic() + 5 * MOST_SECONDS)
    assert (result.outcome, result.detail) == ("passed", "5 fresh processes end with the same weights")


@pytest.mark.parametrize("name", strategies.names())
def test_a_run_cut_short_makes_only_its_first_steps(name, data_dir, serial_losses):
    _, recorder = trained(make_run(strategy=name, passes=2, cores=1, max_steps=5), data_dir)
    expected = serial_losses[:5]
    assert losses_of(recorder) == pytest.approx(expected, rel=strategies.serial_tolerance(name), abs=0)


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


def list_imports(rank, run, recorder, *arguments):
    """Train in a worker; complain of what had to be imported for it."""
    strategy = importlib.import_module(f"{strategies.__name__}.{run.strategy}")
    before = set(sys.modules)
    strategy.work(rank, run, recorder, *arguments)
    late = sorted(set(sys.modules) - before)
    if late:
        raise ImportError(f"{len(late)} modules were imported inside the train clock, {late[0]} first")


@pytest.mark.parametrize(
    ("name", "pipeline"), [("serial", "dataloader"), *((name, "memory") for name in strategies.names())]
)
def test_nothing_is_imported_inside_the_train_clock(name, pipeline, data_dir, monkeypatch):
    strategies.load(name)
    monkeypatch.setattr(sys.modules[f"{strategies.__name__}.{name}"], "work", list_imports)
    trained(make_run(strategy=name, input_pipeline=pipeline), data_dir)


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
    from casual_training.runs.perform import _train
    from casual_training.runs.prepare import PreparedRun

    def train(model, data, run, recorder):
        strategies.serial.train(model, data, make_run(passes=1), recorder)

    monkeypatch.setattr(strategies, "load", lambda name: train)
    run = make_run(passes=2)
    model, data, recorder = prepared(run, data_dir)
    with pytest.raises(RunFailed, match="640 samples instead of 1,280"):
        _train(PreparedRun(run, None, data, model, None, None), recorder, 2 * TRAIN_SAMPLES)
