"""The charts of the page and the tables behind them."""

import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from pages import parsed, write_page

import fake_study
from casual_training.analysis import parts
from casual_training.analysis.page import charts_section, page
from casual_training.study.load import PROJECT


def test_the_networks_of_one_workload_are_not_compared(plain):
    assert "chart-step_time" not in [attributes.get("id") for attributes in parsed(plain).all("figure")]


def test_the_file_behind_the_losses_has_every_logged_batch(plain):
    links = [attributes["href"] for attributes in parsed(plain).all("a")]
    assert "tables/losses.csv" in links
    data = pd.read_csv(plain.parent / "tables" / "losses.csv")
    (of_serial,) = (plain.parents[2] / "results").rglob("serial/1x4/seed-1/losses.csv")
    logged = pd.read_csv(of_serial)
    drawn = data[data["configuration"] == "serial, 1 worker x 4 epochs"]
    assert drawn["loss"].tolist() == logged["loss"].tolist()
    assert data["configuration"].nunique() == 5


def test_oversubscribed_runs_are_marked_in_tables_and_legends(plain):
    cells = [cell.strip() for cell in parsed(plain).cells]
    assert cells.count("rate only") == 3  # a heading of every run, of the speed-ups and of the rates
    assert cells.count("oversubscribed") == 5  # of these, of the waterfall and of the cost in code
    assert cells.count("yes") == 2 * 3 + 3  # three seeds of hogwild with 4 workers in both, and their configuration
    assert "hogwild, 4 workers x 1 epoch (oversubscribed)" in "".join(parsed(plain).text)


def test_a_run_that_is_not_ok_has_no_curve(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1])
    page = write_page(tmp_path, config, lambda run: {"status": "diverged"})
    assert pd.read_csv(page.parent / "tables" / "losses_smoothed.csv").empty
    assert "no run to draw yet" in parsed(page).words


NEW_CHART = """
from casual_training.analysis.charts.style import facets
from casual_training.analysis.frames import FIGURE, TEXT

TITLE = "Brand new"
CAPTION = "What is new"
INPUTS = ["runs"]
PLACE = 25
SECTION = "comparison"
COLUMNS = {"workload": TEXT, "never_seen_before": FIGURE}


def data(study):
    return study.table("runs")[["workload"]].drop_duplicates().assign(never_seen_before=1.5)


def draw(data, study):
    return facets(data, height=2, extra=0)[0]
"""
MAKE_PAGE = "import pages, fake_study, pathlib; pages.write_page(pathlib.Path(), fake_study.make_config(seeds=[1]))"


def test_a_new_chart_is_one_new_file(tmp_path):
    shutil.copytree(PROJECT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "examples", tmp_path / "examples")
    (tmp_path / "src" / "casual_training" / "analysis" / "charts" / "brand_new.py").write_text(NEW_CHART)
    folders = [tmp_path / "src", PROJECT / "tests", PROJECT / "tests" / "analysis" / "page"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    subprocess.run([sys.executable, "-c", MAKE_PAGE], cwd=tmp_path, env=environment, check=True, timeout=120)
    page = parsed(tmp_path / "reports" / "default" / "report.html")
    charts = [attributes["id"] for attributes in page.all("figure")]
    assert charts[:3] == ["chart-forest", "chart-accuracy", "chart-brand_new"]
    assert "never seen before" in page.cells and "1.5" in page.cells


def test_the_template_draws_the_charts_of_every_section():
    template = (page.HERE / "report.html.jinja2").read_text(encoding="utf-8")
    assert tuple(re.findall(r'{{ chart_figures\("(\w+)"', template)) == charts_section.SECTIONS


def test_a_chart_of_another_section_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(parts.chart("scaling"), "SECTION", "cost")
    monkeypatch.setattr(parts, "literals", lambda kind: {"scaling": {}})
    with pytest.raises(ValueError, match=r"^chart scaling has SECTION 'cost'; choose from: comparison, parts, .*code$"):
        charts_section.charts_by_section(None)
