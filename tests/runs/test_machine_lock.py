import subprocess
import sys
import time

import pytest

from casual_training.runs import machine_lock

HOLDER = """
import sys, time
from casual_training.runs import machine_lock
machine_lock.PATH = sys.argv[1]
with machine_lock.exclusive_machine():
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def hold(tmp_path, monkeypatch):
    """Start a process that holds the machine for so many seconds; the lock is one of this test's own."""
    monkeypatch.setattr(machine_lock, "PATH", str(tmp_path / "lock"))

    def start(seconds):
        command = [sys.executable, "-c", HOLDER, machine_lock.PATH, str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "held\n"
        return process

    return start


def test_a_second_run_waits_until_the_first_has_ended_and_says_so(hold, capsys):
    with hold(1):
        started = time.perf_counter()
        with machine_lock.exclusive_machine():
            assert 0.5 < time.perf_counter() - started < 10
    assert "waiting for another timed run" in capsys.readouterr().err


def test_a_killed_run_gives_the_machine_back(hold):
    holder = hold(600)
    holder.kill()
    holder.wait()
    started = time.perf_counter()
    with machine_lock.exclusive_machine():
        assert time.perf_counter() - started < 5
    holder.stdout.close()


def test_an_idle_machine_is_had_at_once(hold, capsys):
    with machine_lock.exclusive_machine():
        pass
    assert capsys.readouterr().err == ""
