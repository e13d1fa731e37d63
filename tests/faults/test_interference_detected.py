"""A run that others interfere with is made once more, in the same job, and its first attempt is kept."""

import json
import subprocess
import sys
import time

import pytest

from casual_training.errors import RunFailed
from casual_training.measure import interference
from casual_training.measure.clocks import PhaseClock
from casual_training.measure.interference import Reading
from casual_training.records.record import Record, read_record
from casual_training.runs import perform, repeat
from training import make_run

BUSY = "while True: pass"


def command(run, out, data_dir):
    spec = json.dumps(run.spec)
    arguments = ["train", "--run", spec, "--out", str(out), "--data-dir", str(data_dir), "--deadline", "60"]
    return [sys.executable, "-m", "casual_training", *arguments]


@pytest.mark.skipif(interference.cpu_times() is None, reason="this system does not account for its CPU time")
def test_a_run_with_interference_is_repeated_and_its_first_attempt_kept(tmp_path, data_dir):
    run, out = make_run(passes=20, threads=1), tmp_path / "run"
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    begun = time.perf_counter()
    try:
        done = subprocess.run(command(run, out, data_dir), capture_output=True, text=True, timeout=120)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    elapsed = time.perf_counter() - begun
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("it is repeated once") == 1
    first, second = (read_record(folder) for folder in (out / repeat.FIRST, out))
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.interference_detected
    assert second.ok
    assert {path.name for path in (out / repeat.FIRST).iterdir()} == {"run.json", "losses.csv", "train.log"}
    # The second one began cold, at a start of its own.
    assert second.clocks["import_seconds"] > 0.5
    assert first.clocks["wall_seconds"] + second.clocks["wall_seconds"] < elapsed


def test_a_run_that_fails_in_training_is_repeated_too(tmp_path, data_dir, fork_server, monkeypatch):
    def fail(*arguments):
        raise RunFailed("timeout", "worker 0 did not end")

    readings = iter([Reading(50.0, 1.0, 20.0, 100.0), Reading(61.0, 1.1, 30.0, 110.0)])  # others took 1 s of 10
    started = []
    monkeypatch.setattr(interference, "read", lambda: next(readings))
    monkeypatch.setattr(interference, "allowed_cores", lambda: 2)
    monkeypatch.setattr(perform, "_train", fail)
    monkeypatch.setattr(repeat.os, "execve", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(repeat.atexit, "_run_exitfuncs", lambda: None)
    record, _ = perform._perform(make_run(), tmp_path, data_dir, 1, PhaseClock(time.perf_counter()), 0.0)
    assert (record.status, record.interference_detected) == ("timeout", True)
    assert record.foreign_cpu_share == pytest.approx(0.05)
    (tmp_path / "train.log").touch()
    repeat.repeat_if_interfered(record, tmp_path)
    assert len(started) == 1
    assert read_record(tmp_path / repeat.FIRST).status == "timeout"


def test_the_first_attempt_of_an_earlier_run_does_not_stay(tmp_path, data_dir):
    out = tmp_path / "run"
    (out / repeat.FIRST).mkdir(parents=True)
    (out / repeat.FIRST / "run.json").write_text("{}")
    subprocess.run(command(make_run(), out, data_dir), check=True, timeout=120)
    kept = out / repeat.FIRST / "run.json"
    assert not kept.exists() or json.loads(kept.read_text()) != {}


def test_a_run_without_interference_is_not_repeated(tmp_path):
    for detected in (False, None):  # None failed before anything was measured
        repeat.repeat_if_interfered(Record.model_construct(interference_detected=detected, attempt=1), tmp_path)


def test_a_second_attempt_counts_even_with_interference(tmp_path):
    repeat.repeat_if_interfered(Record.model_construct(interference_detected=True, attempt=2), tmp_path)
