"""A config becomes a plan with what this version has, and nothing slow is imported for it."""

import json
import subprocess
import sys

from casual_training.config.read import read_config
from casual_training.study.load import PROJECT, catalogue, load_files, load_plan


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
