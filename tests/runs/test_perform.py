"""What `perform` makes of a run beyond its training: its learning rate, and readings that no table can hold."""

import subprocess
import sys

import pytest

from casual_training.measure.clocks import PHASES
from casual_training.records.record import read_record
from casual_training.runs import perform as module
from casual_training.runs.perform import _record, perform
from casual_training.runs.results import describe
from training import make_run

ABOUT = {"run": make_run(), "lr_factor": 1.0, "attempt": 1, "started_at": "2026-11-28T10:00:00+00:00"}
CLOCKS = {f"{phase}_seconds": 1.0 for phase in PHASES} | {"wall_seconds": 6.0, "wait_seconds": 0.0}
RESULT = {"status": "ok", "samples": 10, "samples_per_second": 5.0, "validation_metric": 0.5}


@pytest.mark.parametrize(("factor", "given", "used"), [(None, None, 1), (2.0, None, 2), (None, 0.5, 0.5)])
def test_a_trial_trains_with_the_factor_that_it_tries(factor, given, used, tmp_path, data_dir, monkeypatch):
    trained = []
    monkeypatch.setattr(
        module, "_measure", lambda run, *_: trained.append(run) or (RESULT | {"status": "failed"}, None)
    )
    monkeypatch.setattr(module, "prepare_process", lambda policy: None)
    monkeypatch.setattr(module.workers, "prepare", lambda: None)
    run = make_run(lr_factor=factor)
    record = perform(run, tmp_path / "run", data_dir, given)
    assert trained[0].optimizer["lr"] == pytest.approx(used * run.optimizer["lr"])
    assert (record.lr_factor, record.run.optimizer) == (used, run.optimizer)
    assert read_record(tmp_path / "run") == record


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"validation_metric": 1e200}, "validation_metric is 1e+200, which no table can hold"),
        ({"peak_rss_mb": "many"}, "peak_rss_mb is 'many', which no table can hold"),
    ],
)
def test_a_reading_that_no_table_can_hold_is_a_failed_run_without_a_time(wrong, cause):
    noticed = {"interference_detected": True, "foreign_cpu_share": 0.2, "steal_share": 0.0}
    record = _record(ABOUT, RESULT | noticed | wrong, CLOCKS)
    assert (record.status, record.cause) == ("failed", cause)
    assert record.interference_detected and record.foreign_cpu_share == 0.2
    assert record.clocks["wall_seconds"] is record.clocks["train_seconds"] is None
    assert record.clocks["load_seconds"] == 1.0


def test_what_stands_in_a_record_before_training_needs_no_torch():
    code = "import sys; from casual_training.runs import perform, results; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_record_says_what_was_run_where_and_with_which_code():
    assert set(describe(make_run(), 1, 1.0)) == {
        "run",
        "lr_factor",
        "attempt",
        "started_at",
        "machine",
        "load_average",
        "versions",
        "commit",
        "commit_dirty",
    }
