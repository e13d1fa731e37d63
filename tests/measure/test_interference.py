"""What others took of the machine during a run, and when that was too much."""

import subprocess
import sys
import time

import pytest

from casual_training.measure import interference
from casual_training.measure.recorder import (
    BUSY_AFTER,
    BUSY_BEFORE,
    ENDED,
    STARTED,
    STEAL_AFTER,
    STEAL_BEFORE,
    Recorder,
)


def test_what_the_run_did_not_use_was_used_by_others():
    # 2 cores for 10 s can give 20 s: they were busy for 17, 16 of them for the run.
    found = interference.assess(busy=17.0, steal=0.2, own=16.0, seconds=10.0, cores=2)
    assert found == {
        "foreign_cpu_share": pytest.approx(0.05),
        "steal_share": pytest.approx(0.01),
        "interference_detected": True,
    }


@pytest.mark.parametrize(
    ("busy", "steal", "interference_detected"),
    [
        (16.49, 0.0, False),
        (16.51, 0.0, True),
        (16.0, 0.49, False),
        (16.0, 0.51, True),
        (15.9, 0.0, False),
        (16.24, 0.25, False),  # others and the hypervisor together
        (16.26, 0.25, True),
    ],
)
def test_interference_is_losing_more_than_a_fortieth_of_the_cores(busy, steal, interference_detected):
    found = interference.assess(busy, steal, own=16.0, seconds=10.0, cores=2)
    assert found["interference_detected"] is interference_detected


def test_a_few_ticks_are_no_interference_in_a_short_run():
    assert not interference.assess(busy=0.35, steal=0.0, own=0.2, seconds=0.1, cores=2)["interference_detected"]


def test_rounding_never_makes_others_give_time_back():
    assert interference.assess(busy=15.9, steal=0.0, own=16.0, seconds=10.0, cores=2)["foreign_cpu_share"] == 0


def test_a_system_without_the_accounting_has_no_readings(tmp_path, monkeypatch):
    monkeypatch.setattr(interference, "STAT", tmp_path / "stat")
    assert interference.cpu_times() is None


def test_an_accounting_that_lacks_steal_has_no_readings(tmp_path, monkeypatch):
    (tmp_path / "stat").write_text("cpu0 1 2 3 4\n")
    monkeypatch.setattr(interference, "STAT", tmp_path / "stat")
    monkeypatch.setattr(interference.os, "sched_getaffinity", lambda pid: {0})
    assert interference.cpu_times() is None


def test_only_the_cores_that_this_process_may_use_are_added_up(tmp_path, monkeypatch):
    second = interference.os.sysconf("SC_CLK_TCK")
    lines = [f"cpu{core} {second} 0 {second} {9 * second} 0 0 0 {2 * second} 0 0" for core in range(3)]
    (tmp_path / "stat").write_text("cpu 99 99 99 99 99 99 99 99 0 0\n" + "\n".join(lines) + "\nintr 5\n")
    monkeypatch.setattr(interference, "STAT", tmp_path / "stat")
    monkeypatch.setattr(interference.os, "sched_getaffinity", lambda pid: {0, 2})
    assert interference.cpu_times() == (4.0, 4.0)


def test_a_busy_process_shows_in_the_accounting_where_the_system_has_one():
    before = interference.cpu_times()
    assert (before is None) == (not interference.STAT.exists())
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    after = interference.cpu_times()
    assert before is None or after[0] - before[0] > 0.25


@pytest.mark.skipif(interference.cpu_times() is None, reason="this system does not account for its CPU time")
def test_what_a_killed_grandchild_has_used_counts_as_the_runs_own():
    burn = "import time\nwhile time.process_time() < 0.4: pass\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    keep = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print(flush=True); input()"
    before = interference.read()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", keep], **pipes) as child:
        child.stdout.readline()
        used = interference.read().own - before.own
        child.communicate(b"\n")
    assert used > 0.35  # the system counts in ticks of 10 ms


def test_without_a_reading_before_nothing_is_assessed():
    assert interference.assess_since(None) == {}


def test_a_run_is_assessed_from_the_first_start_to_the_last_end():
    recorder = Recorder(workers=2, steps=1, log_interval=1)
    rows = recorder.counters
    rows[0, [STARTED, ENDED, BUSY_BEFORE, BUSY_AFTER]] = rows.new_tensor([100.0, 109.0, 50.0, 66.0])
    rows[1, [STARTED, ENDED, BUSY_BEFORE, BUSY_AFTER]] = rows.new_tensor([101.0, 110.0, 51.0, 68.0])
    rows[:, [STEAL_BEFORE, STEAL_AFTER]] = rows.new_tensor([[1.0, 1.1], [1.0, 1.2]])
    found = recorder.interference(own_cpu_seconds=17.0)
    cores = interference.allowed_cores()
    assert found["foreign_cpu_share"] == pytest.approx((18.0 - 17.0) / (10 * cores))
    assert found["steal_share"] == pytest.approx(0.2 / (10 * cores))


def test_without_readings_a_run_is_not_assessed():
    assert set(Recorder(workers=1, steps=1, log_interval=1).interference(1.0).values()) == {None}
