"""A config becomes a plan with what this version has, and nothing slow is imported for it."""

import json
import subprocess
import sys

import pytest

from casual_training import strategies
from casual_training.config.read import read_config
from casual_training.study.load import PROJECT, catalogue, load_checked, load_files, load_plan


def test_neither_a_plan_nor_a_code_digest_imports_torch():
    code = (
        "import sys; from casual_training.study.load import load_files, PROJECT\n"
        "from casual_training.study.code_digest import code_digest\n"
        "plan = load_files([PROJECT / 'config.yaml']); code_digest(plan.runs[0])\n"
        "sys.exit(bool({'torch', 'pandas', 'matplotlib'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_checked_config_as_json_makes_the_same_plan():
    plan = load_files([PROJECT / "config.yaml"])
    again = load_plan(json.loads(json.dumps(plan.config.model_dump(mode="json"))))
    assert (again.schedule, again.diagnoses, again.comparisons) == (plan.schedule, plan.diagnoses, plan.comparisons)


def test_the_strategy_of_independent_copies_is_no_choice_for_a_method():
    assert "independent" not in catalogue().strategies


def test_loading_leaves_the_config_alone():
    config = read_config([PROJECT / "config.yaml"])
    before = json.dumps(config)
    load_plan(config)
    assert json.dumps(config) == before


@pytest.fixture
def strategy(tmp_path, monkeypatch):
    """Write a strategy that lies elsewhere, and make it known to this test alone."""

    def forget():
        for function in (catalogue, strategies._literals):
            function.cache_clear()

    def write(text):
        (tmp_path / "mine.py").write_text(text)
        monkeypatch.setenv(strategies.OWN_FILES, str(tmp_path / "mine.py"))
        forget()

    yield write
    monkeypatch.undo()
    forget()


TRAIN = "\ndef train(model, data, run, recorder): pass\n"
OPTION = "OPTIONS = {{'b': {{{}, 'default': '', 'expected': 'x', 'description': 'y.'}}}}" + TRAIN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "has no function train"),
        ("OPTIONS = {'b': {'type': 'number', 'default': 0.9}}" + TRAIN, "OPTIONS['b'] lacks description, expected"),
        (OPTION.format("'type': 'array'"), "OPTIONS['b'] cannot be read ('array')"),
        (OPTION.format("'type': 'string', 'pattern': 'x'"), "OPTIONS['b'] cannot be read (unknown: pattern)"),
    ],
)
def test_a_broken_strategy_is_refused_only_where_a_method_names_it(strategy, text, said):
    strategy(text)
    config = read_config([PROJECT / "config.yaml"])
    load_plan(config)
    config["methods"]["mine"] = {"strategy": "mine"}
    with pytest.raises(ValueError) as error:
        load_plan(config)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_checked_config_is_planned_although_the_users_file_is_gone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def make(): pass\n")
    config = read_config([PROJECT / "config.yaml"])
    config["workloads"]["fashion_mnist-simple_nn"]["model"] = "mine.py:make"
    checked = load_plan(config)
    (tmp_path / "mine.py").unlink()
    assert load_checked(checked.config.model_dump(mode="json")).schedule == checked.schedule
    with pytest.raises(ValueError, match=r"there is no file mine.py"):
        load_plan(config)
