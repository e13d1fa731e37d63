"""README.md says of the reference study what its tables say, and nothing else."""

import runpy

import pandas as pd
import pytest

from casual_training.study import PROJECT

SCRIPT = runpy.run_path(str(PROJECT / "docs" / "from_reference.py"))
ROW = {
    "workload": "images",
    "method": "hogwild",
    "workers": 2,
    "rate_only": False,
    "n_runs": 5,
    "n_ok": 5,
    "n_on_target": 5,
    "speedup_to_target": 1.4,
    "lines_changed": 18,
}


@pytest.mark.skipif(not SCRIPT["REFERENCE"].is_dir(), reason="the reference study is not made yet: make reference")
def test_the_readme_is_what_the_tables_of_the_reference_study_make_it():
    readme = (PROJECT / "README.md").read_text()
    assert SCRIPT["updated"](readme, SCRIPT["REFERENCE"] / "tables") == readme


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "1.40"),
        ({"rate_only": True}, "rate only"),
        ({"n_ok": 3}, "2 of 5 failed"),
        ({"n_on_target": 4, "speedup_to_target": None}, "on target in 4 of 5"),
    ],
)
def test_a_cell_has_a_speed_up_only_if_every_seed_is_ok_and_on_target(changes, expected):
    comparison = pd.DataFrame([ROW | changes])
    assert SCRIPT["table"](comparison)[2] == f"| `hogwild` x 2 | {expected} | 18 |"


def test_a_method_that_a_workload_is_not_trained_with_has_an_empty_cell_there():
    comparison = pd.DataFrame([ROW, ROW | {"workload": "texts", "method": "ddp", "lines_changed": None}])
    _, _, hogwild, ddp = SCRIPT["table"](comparison)
    assert (hogwild, ddp) == ("| `hogwild` x 2 | 1.40 |  | 18 |", "| `ddp` x 2 |  | 1.40 |  |")
