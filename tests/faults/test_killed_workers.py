"""A worker that is killed, interrupted or stopped is a failed run with a cause, soon, and never a time."""

import functools
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing import forkserver

import pytest
from kills import MOMENTS, is_alive, process_names, train_and_signal
from test_workers import attempt

from casual_training import strategies
from casual_training.measure.recorder import Recorder
from casual_training.parallel import rendezvous, workers
from casual_training.parallel.workers import context, run_workers
from training import make_run

pytestmark = [pytest.mark.usefixtures("fork_server"), pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

PROCESSES = [
    (strategy, name)
    for strategy in strategies.names()
    for name in process_names(strategy, workers=1 if strategies.takes_one_worker(strategy) else 2)
]
EVERY_DAY = {("hogwild", "worker 1"), ("ps_tutorial", "server")}  # of tests that wait for the deadline


def run_of(strategy, **changes):
    return make_run(strategy=strategy, workers=1 if strategies.takes_one_worker(strategy) else 2, passes=6, **changes)


@pytest.mark.parametrize(
    "moment", [moment if moment == "middle" else pytest.param(moment, marks=pytest.mark.slow) for moment in MOMENTS]
)
@pytest.mark.parametrize(("strategy", "name"), PROCESSES)
def test_a_killed_process_fails_the_run_within_5_seconds(strategy, name, moment, data_dir, monkeypatch):
    failure, seconds = train_and_signal(run_of(strategy), data_dir, name, signal.SIGKILL, moment, monkeypatch)
    assert (failure.status, failure.cause) == ("failed", f"{name} was killed by SIGKILL")
    assert seconds < 5


@pytest.mark.parametrize(("strategy", "name"), PROCESSES)
def test_an_interrupted_process_is_no_success(strategy, name, data_dir, monkeypatch):
    failure, seconds = train_and_signal(run_of(strategy), data_dir, name, signal.SIGINT, "middle", monkeypatch)
    assert (failure.status, failure.cause) == ("failed", f"{name} was killed by SIGINT")
    assert seconds < 5


@pytest.mark.parametrize(
    ("strategy", "name"),
    [process if process in EVERY_DAY else pytest.param(*process, marks=pytest.mark.slow) for process in PROCESSES],
)
def test_a_stopped_process_is_ended_at_the_deadline(strategy, name, data_dir, monkeypatch):
    run = run_of(strategy, deadline_seconds=4)
    started = time.perf_counter()
    failure, _ = train_and_signal(run, data_dir, name, signal.SIGSTOP, "middle", monkeypatch)
    assert failure.status == "timeout"
    assert time.perf_counter() - started < run.deadline_seconds + 10


def waits_for_nobody(rank, run, recorder):
    """Have nothing to do, once in the group."""


def join_without_worker_1(store, rank):
    if rank == 1:
        time.sleep(600)
    return rendezvous.rpc_group(store, 2, "uv", rank)


def test_a_peer_that_never_joins_is_a_timeout():
    run = make_run(strategy="ps_tutorial", workers=2, deadline_seconds=4)
    with rendezvous.private_store() as store:
        failure, seconds = attempt(
            waits_for_nobody, deadline_seconds=4, join=functools.partial(join_without_worker_1, store)
        )
    assert failure.status == "timeout"
    assert "worker 0, worker 1" in failure.cause
    assert seconds < run.deadline_seconds + 10


def dies_inside_the_lock(rank, run, recorder, lock, taken, number):
    if rank == 0:
        with lock:
            taken.set()
            os.kill(os.getpid(), number)
    taken.wait()
    with lock:
        raise AssertionError("the lock of a holder that died was free")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, "failed"), (signal.SIGSTOP, "timeout")])
def test_a_holder_that_dies_or_stops_inside_the_lock_ends_the_run(number, status):
    failure, seconds = attempt(dies_inside_the_lock, context().Lock(), context().Event(), number, deadline_seconds=4)
    assert failure.status == status
    assert seconds < 4 + 10


def raises_or_is_killed(rank, run, recorder):
    if rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    raise ConnectionError("worker 1 is gone")


def test_the_cause_is_who_was_killed_and_not_who_noticed(monkeypatch):
    wait = workers.connection.wait
    monkeypatch.setattr(workers.connection, "wait", lambda *sentinels: time.sleep(1) or wait(*sentinels))
    failure, _ = attempt(raises_or_is_killed)
    assert failure.cause == "worker 1 was killed by SIGKILL"


def announces_and_sleeps(rank, run, recorder, pids):
    pids[rank] = os.getpid()
    if rank == 0:
        while not pids[1]:
            time.sleep(0.01)
        os.kill(pids[2], signal.SIGKILL)
    time.sleep(600)


def test_workers_whose_fork_server_is_killed_end_with_the_run():
    pids = context().Array("i", 3)
    pids[2] = forkserver._forkserver._forkserver_pid
    failure, _ = attempt(announces_and_sleeps, pids)
    assert failure.status == "failed"
    assert failure.cause.endswith("was lost with the fork server, which has been killed")
    time.sleep(0.5)
    assert not any(map(is_alive, pids[:2]))
    forkserver.ensure_running()  # for the tests that follow


def test_a_run_after_a_failed_one_is_whole(data_dir):
    run_workers(completes, make_run(strategy="hogwild", workers=2), Recorder(2, 1, 1))
    assert multiprocessing.active_children() == []


def completes(rank, run, recorder):
    """Do nothing, successfully."""
