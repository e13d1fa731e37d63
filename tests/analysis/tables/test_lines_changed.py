"""What a method costs in code is counted as a person would count it."""

import shutil
import subprocess

import pandas as pd
import pytest

import fake_study
from casual_training.analysis.tables.lines_changed import (
    add_lines_changed,
    code_lines,
    difference,
    lines_changed,
    script_of,
    strategies_and_options,
)
from casual_training.study.load import load_plan

SERIAL = '''"""Plain training."""

import torch
from torch import nn


def train(model, data):
    """Train it."""
    torch.manual_seed(1)  # so that it repeats
    for batch in data:
        step(model, batch)
    print("done")
'''
PARALLEL = '''"""Training in several workers,
which takes more words."""

import os

import torch
from torch import multiprocessing as workers, nn
import torch.distributed


class Team:
    """Who trains."""

    def size(self):
        # As many as there are cores.
        return os.cpu_count()


def train(rank, model, data):
    torch.manual_seed(1 + rank)
    torch.distributed.init_process_group("gloo")
    with workers.get_context("spawn").Lock() as lock:
        for batch in data:
            step(
                model,
                batch,
            )
    print('done', Team().size(), lock.acquired)
'''


def test_comments_docstrings_blank_lines_indentation_and_layout_are_no_code():
    assert code_lines(SERIAL) == [
        "import torch",
        "from torch import nn",
        "def train(model, data):",
        "torch.manual_seed(1)",
        "for batch in data:",
        "step(model, batch)",
        "print('done')",
    ]
    assert "step(model, batch)" in code_lines(PARALLEL)


def test_a_string_that_is_no_docstring_is_code():
    assert code_lines("text = '# not a comment'\nlong = '''two\n\n  lines'''") == [
        "text = '# not a comment'",
        "long = 'two\\n\\n  lines'",
    ]


def test_a_function_of_nothing_but_a_docstring_has_a_body_still():
    assert code_lines('def nothing():\n    """Do nothing."""') == ["def nothing():", "pass"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\nc", "a\nb\nc", 0),
        ("a\nb\nc", "a\nx\nc", 1),  # replaced: one line
        ("a\nb\nc", "a\nx\ny\nc", 2),  # one replaced by two
        ("a\nb\nc\nd", "a\nx\nd", 2),  # two replaced by one
        ("a\nb", "a\nb\nx\ny", 2),  # added
        ("a\nb\nc", "c", 2),  # removed
        ("a\nb\nc", "b\nc\na", 2),  # moved: gone here, new there
        ("a\nb\nc", "x\nb\ny", 2),  # two stretches
        ("a", "if a:\n    a", 1),
        ("if a:\n    b", "b", 1),  # only indented differently: the line inside counts nowhere
    ],
)
def test_lines_are_counted_as_in_a_side_by_side_diff(old, new, expected):
    assert lines_changed(new, old) == expected


def test_the_lines_of_a_whole_script_are_those_counted_by_hand():
    # import os; the import of multiprocessing and that of distributed for that of nn (2); class, def and return (3) in
    # the same stretch as "def train", which is replaced (1) and followed by a replaced seed (1), the group and the
    # "with" (2); print.
    assert lines_changed(PARALLEL, SERIAL) == 1 + 2 + 3 + 1 + 1 + 2 + 1


def test_a_script_costs_nothing_against_itself():
    assert lines_changed(PARALLEL, PARALLEL) == 0


METHODS = {
    "serial": {"strategy": "serial"},
    "threads": {"strategy": "serial"},
    "hogwild": {"strategy": "hogwild", "update": "free"},
    "hogwild_torchvision": {"strategy": "hogwild", "update": "free"},
    "hogwild_torchvision_tuned": {"strategy": "hogwild", "update": "free"},
    "hogwild_locked": {"strategy": "hogwild", "update": "locked"},
    "hogwild_locked_too": {"strategy": "hogwild", "update": "locked"},
    "local_sgd": {"strategy": "local_sgd", "average_every": 16},
    "local_sgd_every_step": {"strategy": "local_sgd", "average_every": 1},
    "local_sgd_epoch": {"strategy": "local_sgd", "average_every": "epoch"},
    "ps_push_pull": {"strategy": "ps_push_pull", "overlap": True, "max_staleness": None},
    "ps_push_pull_plain": {"strategy": "ps_push_pull", "overlap": False, "max_staleness": None},
    "ps_push_pull_sync": {"strategy": "ps_push_pull", "overlap": False, "max_staleness": 0},
    "device_regular": {"strategy": "device_switching", "switch": False},
}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("serial", "serial"),
        ("threads", "threads"),
        ("hogwild_torchvision", "hogwild"),
        ("hogwild_torchvision_tuned", "hogwild"),
        ("hogwild_locked", "hogwild_locked"),
        ("hogwild_locked_too", None),
        ("local_sgd_every_step", "local_sgd"),
        ("local_sgd_epoch", None),
        ("ps_push_pull", "ps_push_pull"),
        ("ps_push_pull_plain", None),
        ("ps_push_pull_sync", None),
        ("device_regular", None),
    ],
)
def test_a_method_has_its_own_script_or_its_strategys_of_equal_lines(method, expected):
    scripts = ["hogwild", "hogwild_locked", "local_sgd", "ps_push_pull", "serial", "threads"]
    assert script_of(method, METHODS, scripts) == expected


def test_the_lines_of_a_comparison_are_empty_where_there_is_no_script():
    comparison = pd.DataFrame({"method": ["plain", "team", "team", "other"], "workers": [1, 2, 4, 2]})
    methods = {"plain": {"strategy": "serial"}, "team": {"strategy": "parallel"}, "other": {"strategy": "unknown"}}
    scripts = {"serial": SERIAL, "parallel": PARALLEL}
    assert add_lines_changed(comparison, methods, scripts)["lines_changed"].tolist() == [0, 11, 11, pd.NA]
    without_baseline = {"parallel": PARALLEL}
    assert add_lines_changed(comparison, methods, without_baseline)["lines_changed"].isna().all()
    assert add_lines_changed(comparison[:0], methods, scripts)["lines_changed"].tolist() == []


def test_methods_of_the_catalogue_and_tuned_ones_have_strategy_and_options():
    config = fake_study.make_config(tune=[0.5, 1])
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.8}
    hogwild = {"strategy": "hogwild", "update": "free"}
    assert strategies_and_options(load_plan(config)) == {
        "serial": {"strategy": "serial"},
        "threads": {"strategy": "serial"},
        "hogwild": hogwild,
        "serial_tuned": {"strategy": "serial"},
        "threads_tuned": {"strategy": "serial"},
        "hogwild_tuned": hogwild,
    }


def test_the_difference_keeps_comments_and_turns_one_script_into_the_other(tmp_path):
    found = difference("parallel", {"serial": SERIAL, "parallel": PARALLEL})
    assert found.startswith("--- serial.py\n+++ parallel.py\n")
    assert "+        # As many as there are cores.\n" in found
    if shutil.which("patch"):
        (tmp_path / "serial.py").write_text(SERIAL)
        (tmp_path / "my.diff").write_text(found)
        subprocess.run(["patch", "serial.py", "my.diff"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
        assert (tmp_path / "serial.py").read_text() == PARALLEL
