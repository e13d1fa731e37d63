"""What `casual-training train` ends with: a person hears of a run that is not ok, a study has it as a row."""

import json

import pytest
from casual_training.plan.study import PROJECT, one_run

from casual_training.__main__ import main
from casual_training.config.read import read_config
from casual_training.config.validate import validate
from casual_training.runs import perform


@pytest.mark.parametrize(("status", "typed", "of_a_study"), [("ok", 0, 0), ("failed", 1, 0), ("unavailable", 1, 0)])
def test_the_exit_code_says_whether_a_typed_run_is_ok_and_never_stops_a_study(
    status, typed, of_a_study, monkeypatch, tmp_path
):
    monkeypatch.setattr(perform, "perform", lambda *_: {"status": status, "interference_detected": False, "attempt": 1})
    config = PROJECT / "config.yaml"
    run = one_run(validate(read_config([config])), None, "serial", 1, 1.0, seed=1)
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", "--method", "serial", "--config", str(config), *out]) == typed
    assert main(["train", "--run", json.dumps(run.spec), "--deadline", "60", *out]) == of_a_study
