"""What a rule waits for is what its table or chart reads, and the code behind it."""

import subprocess
import sys

import pytest

import fake_study
from casual_training.analysis import parts
from casual_training.analysis.inputs import input_files, source_files, standalone_scripts, strategy_files
from casual_training.study.load import PROJECT, load_plan

CONFIG = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1, 2], tune=[1], diagnose=True)
CONFIG["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.8}
PLAN = load_plan(CONFIG)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("runs", [f"{run.folder}/run.json" for run in PLAN.runs]),
        ("independent_copies", [f"{run.folder}/run.json" for run in PLAN.independent_copies]),
        ("tuning", [f"{run.folder}/run.json" for run in PLAN.trials]),
        ("diagnostics", ["results/default/runs.csv", *(f"{run.folder}/run.json" for run in PLAN.diagnoses)]),
        ("cost", ["results/default/runs.csv"]),
    ],
)
def test_a_table_waits_for_its_runs_or_tables(name, files):
    assert files
    assert input_files("tables", name, PLAN) == files


def test_the_comparison_waits_for_tables_and_scripts(monkeypatch):
    monkeypatch.chdir(PROJECT)
    files = input_files("tables", "comparison", PLAN)
    assert files[:2] == ["results/default/runs.csv", "results/default/independent_copies.csv"]
    assert "examples/standalone/hogwild.py" in files


def test_charts_of_losses_wait_for_the_losses_of_every_run():
    files = input_files("charts", "losses", PLAN)
    assert {f"{run.folder}/losses.csv" for run in PLAN.runs} <= set(files)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in parts.LITERALS for name in parts.literals(kind)])
def test_every_input_of_every_part_is_known(kind, name):
    assert all(isinstance(file, str) for file in input_files(kind, name, PLAN))


def test_an_unknown_input_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(parts, "literals", lambda kind: {"mine": {"INPUTS": ["guesses"]}})
    with pytest.raises(ValueError, match="guesses is no input"):
        input_files("tables", "mine", PLAN)


def test_sources_are_whole_folders(monkeypatch):
    monkeypatch.chdir(PROJECT)
    folder, tables, page = "src/casual_training", source_files(), source_files("charts", "page")
    for file in ("analysis/frames.py", "analysis/tables/runs.py", "analysis/verdict/margin.py", "records/record.py"):
        assert f"{folder}/{file}" in tables
    assert not [file for file in tables if "/charts/" in file or "/page/" in file]
    assert set(tables) < set(page)
    assert not [file for file in page if "__pycache__" in file]
    assert f"{folder}/analysis/page/report.html.jinja2" in page


def test_the_page_depends_on_the_strategies_that_it_quotes(monkeypatch):
    monkeypatch.chdir(PROJECT)
    folder = "src/casual_training/strategies"
    assert strategy_files(PLAN) == [f"{folder}/hogwild.py", f"{folder}/serial.py"]


def test_scripts_are_found_below_the_project():
    assert PROJECT / "examples" / "standalone" / "serial.py" in standalone_scripts(PROJECT)


def test_the_rules_load_no_pandas():
    code = "import sys; from casual_training.analysis import inputs; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not set(loaded) & {"pandas", "matplotlib", "torch"}
