"""What `casual-training train` ends with: a person hears of a run that is not ok, a study has it as a row."""

import json
import subprocess
import sys

import pytest

from casual_training.cli import main
from casual_training.config.read import read_config
from casual_training.records.record import FORMAT, Record
from casual_training.runs import perform
from casual_training.study.load import PROJECT, one_run
from training import make_run

SERIAL_RUN = make_run()
OK = {"samples": 1, "samples_per_second": 1.0, "validation_metric": 0.5}


@pytest.mark.parametrize(("status", "typed", "of_a_study"), [("ok", 0, 0), ("failed", 1, 0), ("unavailable", 1, 0)])
def test_a_typed_run_that_is_not_ok_exits_with_1(status, typed, of_a_study, monkeypatch, tmp_path):
    about = {"format": FORMAT, "run": SERIAL_RUN, "lr_factor": 1.0, "attempt": 1, "started_at": "2026-11-28T10:00:00"}
    monkeypatch.setattr(perform, "perform", lambda *_: Record(**about, status=status, **OK))
    config = PROJECT / "config.yaml"
    run, _ = one_run(read_config([config]), None, "serial", 1, 1.0, seed=1)
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", "--method", "serial", "--config", str(config), *out]) == typed
    assert main(["train", "--run", json.dumps(run.spec), "--deadline", "60", *out]) == of_a_study


def test_the_command_line_itself_imports_nothing_slow():
    code = (
        "import sys; from casual_training import cli; cli._parser()\n"
        "sys.exit(bool({'torch', 'numpy', 'pandas', 'pydantic', 'yaml'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
