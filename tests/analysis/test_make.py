"""The analysis follows the config, and what it leaves behind does not hide from Snakemake what is still to be done."""

import json
import subprocess
import sys

import pandas as pd
import pytest

import fake_study
from casual_training.analysis import parts
from casual_training.analysis.make import draw_chart, make_everything, make_table, write_verdict
from casual_training.analysis.study_folder import StudyFolder
from casual_training.study.load import load_plan

COMMAND = "snakemake --cores 4"


def made(root, config, changes=lambda run: {}) -> StudyFolder:
    """Write the run folders of a study and make everything of them."""
    study = StudyFolder(load_plan(config), root)
    fake_study.write_study(root, study.plan, changes)
    make_everything(study, COMMAND)
    return study


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> StudyFolder:
    """A study of two seeds, of which one is not made yet; not to be changed."""
    config = fake_study.make_config(workers=[2], seeds=[1, 2])
    return made(tmp_path_factory.mktemp("small"), config, lambda run: None if run.seed == 2 else {})


def test_every_table_chart_and_the_page_are_made(small):
    tables, charts = parts.literals("tables"), parts.literals("charts")
    results = {file.name for file in small.results.glob("*.*")}
    assert results == {*(f"{name}.csv" for name in tables), "verdict.json"}
    beside = {file.name for file in (small.reports / "tables").iterdir()}
    assert beside == {*(f"{name}.csv" for name in [*tables, *charts]), "verdict.json"}
    assert {file.name for file in (small.reports / "figures").iterdir()} == {f"{name}.svg" for name in charts}
    assert (small.reports / "report.html").stat().st_size > 0


def test_the_tables_beside_the_page_are_those_of_the_results(small):
    for file in small.results.glob("*.*"):
        assert (small.reports / "tables" / file.name).read_bytes() == file.read_bytes()


def test_what_is_made_of_runs_is_older_than_all_of_them(small):
    """Snakemake makes it again, because it does not know of which config it is."""
    times = [file.stat().st_mtime for file in (small.results / "runs").rglob("run.json")]
    assert len(times) == 3
    figures = (small.reports / "figures").iterdir()
    for file in [*small.results.glob("*.csv"), *figures]:
        assert 0 < file.stat().st_mtime < min(times), file  # 0 is no time to Snakemake


def test_one_part_at_a_time_comes_to_the_same(small, tmp_path):
    study = StudyFolder(small.plan, tmp_path)
    fake_study.write_study(tmp_path, study.plan, lambda run: None if run.seed == 2 else {})
    for name in ["runs", "independent_copies", "comparison", "cost", "claims", "diagnostics", "switching", "tuning"]:
        make_table(study, name)
        assert (study.results / f"{name}.csv").read_bytes() == (small.results / f"{name}.csv").read_bytes()
    write_verdict(study)
    assert (study.results / "verdict.json").read_bytes() == (small.results / "verdict.json").read_bytes()
    draw_chart(study, "forest")
    assert study.figure("forest").read_bytes() == small.figure("forest").read_bytes()


def test_without_fork_the_same_is_made_in_one_process(small, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("casual_training.analysis.make.ProcessPoolExecutor", None)
    config = fake_study.make_config(workers=[2], seeds=[1, 2])
    study = made(tmp_path, config, lambda run: None if run.seed == 2 else {})
    for file in [*small.results.glob("*.*"), *(small.reports / "figures").iterdir()]:
        assert (study.root / file.relative_to(small.root)).read_bytes() == file.read_bytes()


def test_the_verdict_has_an_answer_a_workload(small):
    found = json.loads((small.results / "verdict.json").read_text())
    assert found["study"] == "default"
    (answer,) = found["answers"]
    assert answer["workload"] == "fashion_mnist-simple_nn"
    assert answer["sentence"].startswith(answer["headline"])


def test_a_target_in_the_config_leaves_no_run_out(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1, 2])
    fake_study.write_study(tmp_path, load_plan(config))
    for target, expected in ((None, 0.84), (0.765, 0.765)):
        config["workloads"]["fashion_mnist-simple_nn"]["target"] = target
        study = StudyFolder(load_plan(config), tmp_path)
        make_table(study, "runs")
        assert list(study.table("runs")["target"]) == [expected] * 2


def test_charts_of_losses_and_accuracy_leave_out_what_is_not_whole(tmp_path):
    config = fake_study.make_config(methods=["serial", "hogwild", "sampled"], workers=[2], seeds=[1])
    config["methods"]["sampled"] = config["methods"]["hogwild"] | {"max_steps": 200}
    failed = fake_study.failed("failed", "x")
    study = made(tmp_path, config, lambda run: failed if run.method == "hogwild" else {})
    for name in ("losses", "losses_smoothed", "accuracy"):
        behind = pd.read_csv(study.reports / "tables" / f"{name}.csv")
        assert set(behind["configuration"]) == {"serial, 1 worker x 4 epochs"}


IMPORTED = """
import sys
{code}
print(*sys.modules)
"""


def modules_after(code: str) -> set[str]:
    """Return the modules that a process has imported once it has run some code."""
    command = [sys.executable, "-c", IMPORTED.format(code=code)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_a_job_for_a_table_imports_nothing_that_draws():
    loaded = modules_after("from casual_training.analysis import make, parts; parts.table('runs')")
    assert "pandas" in loaded
    assert not loaded & {"matplotlib", "seaborn", "torch", "jinja2", "scipy"}


def test_a_job_for_a_chart_imports_no_other_one():
    loaded = modules_after("from casual_training.analysis import make, parts; parts.chart('forest')")
    charts = {f"casual_training.analysis.charts.{name}" for name in parts.literals("charts")}
    assert loaded & charts == {"casual_training.analysis.charts.forest"}
    assert "torch" not in loaded


def page_of(root, *losses):
    """Make a study of a workload a loss and return its page."""
    config = fake_study.make_config(workloads=list(losses), seeds=[1, 2])
    config["workloads"] = {loss: fake_study.WORKLOAD | {"loss": loss} for loss in losses}
    return (made(root, config).reports / "report.html").read_text()


def test_the_page_of_an_error_speaks_of_accuracy_only_for_the_original(tmp_path):
    page = page_of(tmp_path, "mean_squared_error")
    without_the_original = page.partition('id="original"')[0] + page.partition('id="parts"')[2]
    for part in (
        '<th scope="col">test mean squared error</th>',
        "Validation mean squared error during training",
        '<th scope="col">best mean squared error</th>',
        "validation mean squared error (s)</th>",
    ):
        assert part in without_the_original
    for part in ("test accuracy", "alidation accuracy", "equal accuracy", "an accuracy"):
        assert part not in without_the_original


def test_workloads_of_different_metrics_have_a_table_each(tmp_path):
    page = page_of(tmp_path, "mean_squared_error", "cross_entropy")
    assert page.count('<th scope="col">test mean squared error</th>') == 1
    assert page.count('<th scope="col">test accuracy</th>') == 1
    assert "Validation metric during training" in page
