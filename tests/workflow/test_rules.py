"""Each rule alone makes its outputs from its inputs, and says so when it cannot."""

import json
import math

import pandas as pd
import pytest
from project import Project, jobs_in, names, snapshot

import fake_study
from casual_training.analysis import parts
from casual_training.analysis.make import make_everything
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import read_record
from casual_training.workload import datasets

CONFIGURATIONS = [
    ("serial", 1),
    ("threads", 1),
    *((method, workers) for method in ("hogwild", "ps_tutorial") for workers in (1, 2, 4)),
]
THROUGHPUT_ONLY = [False] * 5 + [True] * 3
FAILED = ("hogwild", 4, 2)  # method, workers, seed of the one run that failed


def spoil(run):
    one_failed = (run.method, run.workers, run.seed) == FAILED
    return fake_study.failed("timeout", "worker 0 did not end") if one_failed else {}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory) -> Project:
    """A study with synthetic runs, one of them failed, and everything that is made from them."""
    study = {"methods": ["serial", "threads", "hogwild", "ps_tutorial"], "workers": [1, 2, 4], "seeds": [1, 2, 3]}
    overlay = {"study": study | {"snapshots": 20}, "machine": {"cores": 2}}
    project = Project.of_repository(tmp_path_factory.mktemp("analysed") / "project", overlay)
    fake_study.write_study(project.root, project.plan, spoil)
    make_everything(StudyFolder(project.plan, project.root), "snakemake")
    return project


def make_again(project, job, *files):
    """Remove the outputs of a job ("table runs", "chart forest", or a rule) and let it make them again."""
    rule = {"table": "make_table", "chart": "draw_chart"}.get(job.partition(" ")[0], job)
    paths = [project.root / file for file in files]
    for path in paths:
        path.unlink()
    jobs = project.run("--cores", "1", "--allowed-rules", rule, "--", *files)
    assert names(jobs) == {job}
    for path in paths:
        assert path.stat().st_size > 0
    return paths


def test_fetch_dataset_puts_the_verified_files_in_place_and_notes_their_checksums(project):
    target = "results/datasets/fashion_mnist_sample.sha256"
    assert names(project.run("--cores", "1", "--", target)) == {"fetch_dataset"}
    noted = dict(reversed(line.split()) for line in (project.root / target).read_text().splitlines())
    assert noted == datasets.get("fashion_mnist_sample").sha256
    assert {path.name for path in (project.root / "data/fashion_mnist_sample").glob("*-ubyte")} == noted.keys()


def test_fetch_dataset_fails_in_one_sentence_where_there_are_no_data(project):
    project.set("machine.data_dir", "empty folder")
    target = "results/datasets/fashion_mnist_sample.sha256"
    done = project.snakemake("--cores", "1", "--", target)
    assert done.returncode != 0
    assert "casual-training: fashion_mnist_sample could not be fetched" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (project.root / target).exists()


def test_train_and_measure_independent_copies_make_one_run_folder_each(study):
    folders = ["results/tiny/runs/sample/hogwild/2x1/seed-1", "results/tiny/independent_copies/sample/seed-1"]
    targets = [f"{folder}/run.json" for folder in folders]
    others = {run.folder for run in study.plan.schedule} - set(folders)
    untouched = {folder: snapshot(study.root / folder) for folder in others}
    for target in targets:
        (study.root / target).unlink()
    jobs = study.run("--cores", "1", "--allowed-rules", "train", "measure_independent_copies", "--", *targets)
    assert names(jobs) == {"hogwild 2x1 seed 1", "copies seed 1"}
    for folder, strategy in zip(folders, ("hogwild", "independent"), strict=True):
        record = read_record(study.root / folder)
        assert (record.run.strategy, record.status, record.run.workers) == (strategy, "ok", 2)
        assert len((study.root / folder / "losses.csv").read_text().splitlines()) == 1 + 2 * 6
    assert untouched == {folder: snapshot(study.root / folder) for folder in others}


def test_the_table_of_runs_has_a_row_a_run(analysed):
    (file,) = make_again(analysed, "table runs", "results/default/runs.csv")
    runs = pd.read_csv(file)
    assert [(row.method, row.workers, row.seed) for row in runs.itertuples()] == [
        (*configuration, seed) for configuration in CONFIGURATIONS for seed in (1, 2, 3)
    ]
    assert sorted(runs["order"]) == list(range(1, 25))
    (failed,) = runs[runs["status"] != "ok"].itertuples()
    assert (failed.method, failed.workers, failed.seed, failed.cause) == (*FAILED, "worker 0 did not end")
    assert math.isnan(failed.train_seconds)
    expected = {(run.method, run.workers, run.seed): fake_study.train_seconds(run) for run in analysed.plan.runs}
    for row in runs[(runs["status"] == "ok") & ~runs["throughput_only"]].itertuples():
        assert row.train_seconds == pytest.approx(expected[row.method, row.workers, row.seed])


def test_the_table_of_independent_copies_has_a_row_a_seed(analysed):
    (file,) = make_again(analysed, "table independent_copies", "results/default/independent_copies.csv")
    copies = pd.read_csv(file)
    assert list(copies["seed"]) == [1, 2, 3]
    assert set(copies["copies"]) == {2}


def test_the_comparison_has_a_row_a_configuration(analysed):
    (file,) = make_again(analysed, "table comparison", "results/default/comparison.csv")
    comparison = pd.read_csv(file)
    assert list(comparison["n_runs"]) == [3] * 8
    assert list(comparison["throughput_only"]) == list(comparison["train_seconds_median"].isna()) == THROUGHPUT_ONLY
    assert list(comparison["n_ok"]) == [3, 3, 3, 3, 2, 3, 3, 3]
    assert list(comparison["n_on_target"]) == [3, 3, 3, 3, 2, 0, 0, 0]
    by_cell = comparison.set_index(["method", "workers"])
    assert by_cell.loc[("threads", 1), "speedup_vs_best_serial"] == 1
    assert by_cell.loc[("serial", 1), "speedup_vs_serial_1_thread"] == 1
    seconds = {(run.method, run.workers, run.seed): fake_study.train_seconds(run) for run in analysed.plan.runs}
    speedups = sorted(seconds["threads", 1, seed] / seconds["hogwild", 2, seed] for seed in (1, 2, 3))
    assert by_cell.loc[("hogwild", 2), "speedup_vs_best_serial"] == pytest.approx(speedups[1])


def test_make_verdict_answers_for_each_workload(analysed):
    (verdict,) = make_again(analysed, "make_verdict", "results/default/verdict.json")
    (answer,) = json.loads(verdict.read_text())["answers"]
    assert answer["workload"] == "fashion_mnist-simple_nn"
    assert answer["sentence"].startswith(answer["headline"])


def test_the_table_of_costs_has_a_row_a_configuration_trained_whole(analysed):
    (file,) = make_again(analysed, "table cost", "results/default/cost.csv")
    costs = pd.read_csv(file)
    assert [(row.method, row.workers) for row in costs.itertuples()] == CONFIGURATIONS[:5]
    assert (costs["energy_wh_modelled"] > 0).all()


def test_the_table_of_claims_has_a_row_a_claim_or_split(analysed):
    (file,) = make_again(analysed, "table claims", "results/default/claims.csv")
    claims = pd.read_csv(file)
    verdicts = {(row.id, row.split): (row.verdict, row.n) for row in claims.itertuples() if row.n}
    assert verdicts == {
        ("2b", "2x2"): ("confirmed", 3),
        ("3a", "2x2"): ("confirmed", 3),
        ("3c", "2x2"): ("confirmed", 3),
        ("3c", "4x1"): ("undecided", 2),  # a seed of it failed
        ("4.1", "2x2"): ("confirmed", 3),
    }


@pytest.mark.parametrize("name", ["diagnostics", "provenance", "switching", "tuning"])
def test_every_other_table_is_made_again_alike(analysed, name):
    before = (analysed.results / f"{name}.csv").read_bytes()
    (file,) = make_again(analysed, f"table {name}", f"results/default/{name}.csv")
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", parts.literals("charts"))
def test_every_chart_is_drawn_again_alike_with_its_table(analysed, name):
    files = [f"reports/default/figures/{name}.svg", f"reports/default/tables/{name}.csv"]
    before = [(analysed.root / file).read_bytes() for file in files]
    chart, table = make_again(analysed, f"chart {name}", *files)
    assert [chart.read_bytes(), table.read_bytes()] == before
    assert b"<svg" in before[0][:400]


def behind(project, chart) -> pd.DataFrame:
    """Read the table behind a chart."""
    return pd.read_csv(project.reports / "tables" / f"{chart}.csv")


def test_smoothed_losses_have_a_line_a_configuration_trained_whole(analysed):
    smoothed = behind(analysed, "losses_smoothed")
    assert set(smoothed) == {"workload", "configuration", "seconds", "samples", "loss_smoothed"}
    assert smoothed["configuration"].nunique() == 5
    assert smoothed["loss_smoothed"].between(0.2, 2.5).all()


def test_the_forest_has_speedups_of_what_never_failed(analysed):
    speedups = behind(analysed, "forest")
    assert list(speedups.groupby("configuration").size()) == [3] * 8
    assert speedups["speedup_of_seed"].count() == 12


def test_the_factors_of_the_waterfall_multiply_to_the_speedup(analysed):
    factors = behind(analysed, "waterfall")
    product = factors["hardware_efficiency"] * factors["statistical_efficiency"]
    assert list(product) == pytest.approx(list(factors["speedup_to_target"]))


def test_the_cost_in_code_is_that_of_the_scripts(analysed):
    costs = behind(analysed, "code_cost").set_index(["method", "workers"])["lines_changed"]
    assert costs["serial", 1] == 0
    assert costs["threads", 1] == 1
    assert costs["hogwild", 2] == costs["hogwild", 4] > 10


def test_the_curves_have_every_point_of_every_whole_run(analysed):
    points = behind(analysed, "accuracy")
    assert list(points) == ["workload", "configuration", "seed", "samples", "seconds", "metric", "validation_metric"]
    assert set(points.groupby(["configuration", "seed"]).size()) == {20}
    assert len(points) == 14 * 20
    runs = pd.read_csv(analysed.results / "runs.csv")
    last = points.drop_duplicates(["configuration", "seed"], keep="last")
    ok = runs[(runs["status"] == "ok") & ~runs["throughput_only"]]
    assert sorted(last["validation_metric"]) == sorted(ok["validation_metric"])
    assert sorted(last["seconds"]) == sorted(ok["train_seconds"])


def test_render_report_writes_the_page_and_the_tables_beside_it(analysed):
    tables = [
        f"reports/default/tables/{table}.csv"
        for table in ("runs", "comparison", "independent_copies", "claims", "switching")
    ]
    verdict = "reports/default/tables/verdict.json"
    page, _, *copies = make_again(analysed, "render_report", "reports/default/report.html", verdict, *tables)
    assert '<p class="answer">' in page.read_text()
    assert "worker 0 did not end" in page.read_text()
    assert [len(pd.read_csv(copy)) for copy in copies] == [24, 8, 3, 21, 0]


def test_report_works_on_what_an_interrupted_study_left_and_trains_nothing(analysed, tmp_path):
    project = analysed.copy(tmp_path / "project")
    for run in project.plan.runs[9:]:
        for file in (project.root / run.folder).iterdir():
            file.unlink()
    before = snapshot(project.results / "runs")
    assert names(project.run("--cores", "1", "report")) == {"report"}
    assert snapshot(project.results / "runs") == before
    assert len(pd.read_csv(project.results / "runs.csv")) == 9
    assert "9 of 24 planned runs have finished" in (project.reports / "report.html").read_text()


def test_report_fails_with_one_sentence_where_a_run_cannot_be_read(analysed, tmp_path):
    project = analysed.copy(tmp_path / "project")
    broken = project.root / project.plan.runs[0].folder / "run.json"
    broken.write_text("{")
    done = project.snakemake("--cores", "1", "report")
    assert names(jobs_in(done.stdout)) == {"report"}
    assert done.returncode != 0
    assert f"casual-training: {broken.relative_to(project.root)}" in done.stdout.replace(f"{project.root}/", "")
    assert "Traceback" not in done.stdout
