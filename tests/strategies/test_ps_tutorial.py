"""The parameter server of the tutorial: its lock, and what happens without."""

import dataclasses
import re
import subprocess
import sys

import pytest
import torch

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.parallel import rendezvous
from casual_training.records.record import read_record
from training import TRAIN_SAMPLES, make_run, prepared, trained

pytestmark = pytest.mark.usefixtures("fork_server")


def server_run(lock="all", workers=2, **changes):
    return make_run(strategy="ps_tutorial", options={"lock": lock}, workers=workers, **changes)


def losses_of(recorder):
    return [loss for *_, loss in recorder.losses()]


@pytest.mark.parametrize("lock", ["update", "none"])
@pytest.mark.parametrize("attempt", range(5))
def test_without_the_whole_lock_the_first_step_always_fails(lock, attempt, data_dir):
    with pytest.raises(RunFailed) as failure:
        trained(server_run(lock, workers=2 + attempt % 2), data_dir)
    assert failure.value.status == "failed"
    assert re.match(r"worker \d raised RuntimeError: Error on Node 0: one of the variables needed", failure.value.cause)
    assert "modified by an inplace operation" in failure.value.cause
    assert "frame #" not in failure.value.cause


@pytest.mark.parametrize("lock", ["update", "none"])
def test_one_worker_needs_no_lock(lock, data_dir):
    _, recorder = trained(server_run(lock, workers=1), data_dir)
    _, locked = trained(server_run(workers=1), data_dir)
    assert losses_of(recorder) == losses_of(locked)


@pytest.mark.parametrize("model", ["simple_nn", "ps_net"])
@pytest.mark.parametrize("optimizer", [{"name": "sgd", "lr": 0.03, "momentum": 0.5}, {"name": "adam", "lr": 0.001}])
def test_one_worker_repeats_serial_training_on_all_threads_bit_for_bit(model, optimizer, data_dir):
    changes = {"model": model, "optimizer": optimizer, "max_steps": 8}
    _, recorder = trained(server_run(workers=1, **changes), data_dir)
    _, serial = trained(make_run(threads=2, **changes), data_dir)
    assert losses_of(recorder) == losses_of(serial)


def test_the_server_computes_with_all_cores_and_is_no_worker(data_dir):
    _, recorder = trained(server_run(), data_dir)
    assert recorder.server()["threads"] == 2
    assert [worker["threads"] for worker in recorder.workers()] == [1, 1]
    assert recorder.samples == TRAIN_SAMPLES


def test_torchs_own_transport_trains_the_same(data_dir):
    run = server_run(workers=1)
    _, recorder = trained(run, data_dir)
    _, other = trained(dataclasses.replace(run, options=run.options | {"transport": "default"}), data_dir)
    assert losses_of(other) == losses_of(recorder)


def test_waiting_for_the_lock_holding_it_and_calls_are_measured(data_dir):
    _, recorder = trained(server_run(), data_dir)
    for worker in recorder.workers():
        wait, hold, calls = (worker["measures"][f"{name}_seconds"] for name in ("lock_wait", "lock_hold", "round_trip"))
        assert (wait["count"], hold["count"], calls["count"]) == (10, 10, 3 * 10)
        assert calls["sum"] < hold["sum"] < worker["train_seconds"] - wait["sum"]


def test_without_a_lock_only_the_calls_are_measured(data_dir):
    _, recorder = trained(server_run("none", workers=1), data_dir)
    assert set(recorder.workers()[0]["measures"]) == {"round_trip_seconds"}


WITHOUT_RPC = """
import sys
import torch

del torch._C._rpc_init  # what torch looks for
sys.path.insert(0, sys.argv[1])
from casual_training import strategies
from casual_training.errors import RunFailed
from training import make_run

try:
    strategies.load("ps_tutorial")(torch.nn.Linear(1, 1), None, make_run(strategy="ps_tutorial"), None)
except RunFailed as failure:
    print(failure.status, failure.cause, sep=": ")
"""


def test_where_torch_has_no_rpc_the_run_is_unavailable_and_says_why(pytestconfig):
    command = [sys.executable, "-c", WITHOUT_RPC, str(pytestconfig.rootpath / "tests")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.stdout.startswith("unavailable: this build of torch has no torch.distributed.rpc"), said.stderr


def test_the_spot_where_the_lock_matters_can_be_searched_for():
    source = strategies.__path__[0] + "/ps_tutorial.py"
    with open(source, encoding="utf-8") as file:
        assert "UPDATE LOCK NOTE" in file.read()


def test_the_store_is_private_and_gone_afterwards():
    with rendezvous.private_store() as store:
        assert store.parent.stat().st_mode & 0o777 == 0o700
    assert not store.parent.exists()


def list_imports(rank, run, recorder, model, data, turns):
    """Train in a worker; complain of what had to be imported for it."""
    before = set(sys.modules)
    strategies.ps_tutorial.work(rank, run, recorder, model, data, turns)
    late = sorted(set(sys.modules) - before)
    if late:
        raise ImportError(f"{len(late)} modules were imported inside the train clock, {late[0]} first")


def test_nothing_is_imported_inside_the_train_clock(data_dir, monkeypatch):
    strategies.load("ps_tutorial")
    monkeypatch.setattr(strategies.ps_tutorial, "work", list_imports)
    run = server_run(workers=1)
    model, data, recorder = prepared(run, data_dir)
    strategies.ps_tutorial.train(model, data, run, recorder)
    assert torch.isfinite(next(model.parameters())).all()


AS_THE_ORIGINAL = """
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from casual_training.runs.perform import perform
    from training import make_run

    options = {"test_inside_clock": True}
    run = make_run(strategy="ps_tutorial", options=options, passes=4, workers=2, sampling="full", log_interval=10)
    perform(run, Path(sys.argv[2]), Path(sys.argv[3]))
"""


def test_inside_the_clock_the_last_worker_tests_after_each_epoch(data_dir, tmp_path, pytestconfig):
    script = tmp_path / "run.py"
    script.write_text(AS_THE_ORIGINAL)
    tests = pytestconfig.rootpath / "tests"
    subprocess.run([sys.executable, str(script), str(tests), str(tmp_path), str(data_dir)], check=True, timeout=60)
    log = (tmp_path / "train.log").read_text()
    assert re.findall(r"after pass (\d): \d+ right, with dropout on", log) == ["2", "4"]
    assert read_record(tmp_path).samples == 4 * TRAIN_SAMPLES
