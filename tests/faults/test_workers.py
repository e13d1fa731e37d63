"""A worker that does not do its work is never a success, and nothing it leaves behind stays."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from casual_training.errors import RunFailed
from casual_training.measure.recorder import Recorder
from casual_training.parallel.workers import run_workers
from training import make_run

pytestmark = pytest.mark.usefixtures("fork_server")


def raises(rank, run, recorder):
    if rank == 1:
        raise ZeroDivisionError("no such number")
    time.sleep(600)


def raises_at_length(rank, run, recorder):
    raise ValueError("a" + "é" * 5000)


def sleeps(rank, run, recorder):
    time.sleep(600)


def leaves(rank, run, recorder):
    sys.exit(0)


def changes_threads(rank, run, recorder):
    recorder.start(rank, threads=7)


def kills_itself(rank, run, recorder, number):
    if rank == 0:
        os.kill(os.getpid(), number)
    time.sleep(600)


def ignores_sigterm(rank, run, recorder):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def attempt(work, *arguments, workers=2, deadline_seconds=60, **options):
    """Run workers that fail; returns the failure and the seconds it took to notice."""
    run = make_run(strategy="hogwild", workers=workers, deadline_seconds=deadline_seconds)
    started = time.perf_counter()
    with pytest.raises(RunFailed) as failure:
        run_workers(work, run, Recorder(workers, 1, 1), *arguments, **options)
    assert multiprocessing.active_children() == []
    return failure.value, time.perf_counter() - started


def test_a_worker_that_raises_fails_the_run_with_its_reason():
    failure, seconds = attempt(raises)
    assert (failure.status, failure.cause) == ("failed", "worker 1 raised ZeroDivisionError: no such number")
    assert seconds < 30


def test_a_long_reason_is_cut_short_wherever_its_bytes_fall():
    failure, _ = attempt(raises_at_length, workers=1)
    assert failure.cause.startswith("worker 0 raised ValueError: aéé")
    assert len(failure.cause) < 4100


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGSEGV])
def test_a_worker_that_is_killed_fails_the_run(number):
    failure, seconds = attempt(kills_itself, number)
    assert (failure.status, failure.cause) == ("failed", f"worker 0 was killed by {number.name}")
    assert seconds < 30


def test_a_worker_that_leaves_early_without_an_error_fails_the_run():
    failure, _ = attempt(leaves)
    assert failure.status == "failed"
    assert "ended before its work was done" in failure.cause


def test_a_worker_with_other_threads_than_planned_fails_the_run():
    failure, _ = attempt(changes_threads)
    assert failure.status == "failed"
    assert "ran with 7 threads instead of 1" in failure.cause


def test_workers_that_hang_are_ended_at_the_deadline():
    failure, seconds = attempt(sleeps, deadline_seconds=1)
    assert failure.status == "timeout"
    assert "worker 0, worker 1 did not end within the deadline of 1 s" in failure.cause
    assert seconds < 11


def test_a_worker_that_ignores_the_request_to_end_is_killed():
    failure, seconds = attempt(ignores_sigterm, deadline_seconds=1)
    assert failure.status == "timeout"
    assert seconds < 11


def test_a_stopped_worker_is_ended_at_the_deadline():
    failure, seconds = attempt(kills_itself, signal.SIGSTOP, deadline_seconds=2)
    assert failure.status == "timeout"
    assert seconds < 12


SUPERVISOR = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit it ignored
sys.path[:0] = sys.argv[1:]
from casual_training.parallel import workers
from training import make_run

if __name__ == "__main__":
    workers.prepare()
    from casual_training.measure.recorder import Recorder
    import test_workers
    run = make_run(strategy="hogwild", workers=2, deadline_seconds=600)
    workers.run_workers(test_workers.announces, run, Recorder(2, 1, 1))
"""


def announces(rank, run, recorder):
    os.write(1, f"{os.getpid()}\n".encode())  # in one piece, whatever the other worker writes
    time.sleep(600)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_supervisor(tmp_path, number):
    script = tmp_path / "supervisor.py"
    script.write_text(SUPERVISOR)
    tests = os.path.dirname(os.path.dirname(__file__))
    command = [sys.executable, str(script), tests, os.path.join(tests, "faults")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as supervisor:
        announced = (int(line) for line in supervisor.stdout if line.strip().isdigit())  # between heartbeats
        workers = [next(announced), next(announced)]
        assert all(is_alive(pid) for pid in workers)
        supervisor.send_signal(number)
        limit = time.perf_counter() + 5
        while any(is_alive(pid) for pid in workers) and time.perf_counter() < limit:
            time.sleep(0.05)
        assert not any(is_alive(pid) for pid in workers)
        supervisor.kill()
