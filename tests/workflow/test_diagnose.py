"""A study that diagnoses: short runs of their own, a table, a chart and a section of the page."""

import pandas as pd
import pytest
from project import ANALYSIS, names

from casual_training.records.record import PARTS, read_record


@pytest.fixture(scope="module")
def diagnosed(finished, tmp_path_factory):
    """The finished tiny study, and then diagnosed; with the names of the jobs that this took."""
    project = finished.copy(tmp_path_factory.mktemp("diagnosed") / "project")
    project.set("study.diagnose", True)
    return project, names(project.run("--cores", "2"))


def test_to_diagnose_trains_no_run_again(diagnosed):
    _, jobs = diagnosed
    assert jobs == {f"diagnosis of {name}" for name in ("serial 1x2", "hogwild 1x2", "hogwild 2x1")} | ANALYSIS


def test_a_diagnosis_takes_all_the_time_of_its_steps_apart(diagnosed):
    project, _ = diagnosed
    for run in project.plan.diagnoses:
        record = read_record(project.root / run.folder)
        assert (record.status, record.run.throughput_only, record.run.diagnose) == ("ok", True, True)
        seconds = dict(record.step_breakdown.seconds)
        assert tuple(seconds) == PARTS
        trained = sum(worker.train_seconds for worker in record.worker_records)
        assert seconds.pop("communication") is None
        assert min(seconds.values()) > 0
        assert sum(seconds.values()) < trained


def test_the_shares_of_a_step_add_up_to_100_percent(diagnosed):
    project, _ = diagnosed
    table = pd.read_csv(project.results / "diagnostics.csv")
    assert [(row.method, row.workers) for row in table.itertuples()] == [("serial", 1), ("hogwild", 1), ("hogwild", 2)]
    assert list(table[[f"{part}_of_step" for part in PARTS]].sum(axis=1)) == pytest.approx([1, 1, 1])
    assert list(table["lost_updates"].isna()) == [True, False, False]
    assert table["lost_updates"][1] == 0  # there is nobody else
    assert 0 <= table["lost_updates"][2] < 0.5
    assert (table["diagnosed_speed"] > 0).all()


def test_the_page_shows_what_was_diagnosed_and_the_table_stands_beside_it(diagnosed):
    project, _ = diagnosed
    page = (project.reports / "report.html").read_text()
    assert "Where the time of a step goes" in page
    own, copied = (folder / "diagnostics.csv" for folder in (project.results, project.reports / "tables"))
    assert own.read_bytes() == copied.read_bytes()


def test_the_staleness_of_parallel_runs_is_drawn(diagnosed):
    project, _ = diagnosed
    table = pd.read_csv(project.reports / "tables" / "staleness.csv")
    assert set(table["configuration"]) == {"hogwild, 2 workers x 1 epoch"}
    assert table["updates"].sum() == 40
    assert table["share"].sum() == pytest.approx(1)
    assert "updates of others missed" in (project.reports / "figures" / "staleness.svg").read_text()
