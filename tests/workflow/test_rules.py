"""Each rule alone makes its outputs from its inputs, and says so when it cannot."""

import json
import math

import pandas as pd
import pytest
from project import Project, jobs_in, names, snapshot

import fake_study
from casual_training.analysis import steps
from casual_training.records.record import read_record
from casual_training.workload import datasets

RUNS_COLUMNS = (
    "workload,method,strategy,workers,epochs,seed,threads_per_worker,cores,oversubscribed,order,started_at,status,expected,"
    "throughput_only,tuned,lr_factor,cause,import_seconds,load_seconds,spawn_seconds,train_seconds,evaluate_seconds,write_seconds,wall_seconds,"
    "startup_seconds,samples,"
    "samples_per_second,step_ms,parameters,metric,higher_is_better,validation_metric,test_metric,test_loss,target,seconds_to_target,"
    "samples_to_target,"
    "cpu_seconds,peak_rss_mb,pss_mb,overlap,load_average,foreign_cpu_share,steal_share,interference_detected,attempt"
)
CEILINGS_COLUMNS = "workload,seed,copies,status,cause,samples_per_second"
COMPARISON_COLUMNS = (
    "workload,method,workers,epochs,throughput_only,n_runs,n_ok,n_on_target,train_seconds_median,seconds_to_target_median,"
    "samples_per_second_median,speedup_vs_best_serial,speedup_vs_serial_1_thread,parallel_efficiency_percent,"
    "metric,test_metric_median,lines_changed,new_names,speedup_to_target,speedup_low,speedup_high,tost_low,tost_high,"
    "verdict,further_seeds,"
    "hardware_efficiency,statistical_efficiency,end_to_end_speedup,break_even_seconds"
)
CLAIMS_COLUMNS = (
    "id,approach,claim,original_figure,what_it_hid,compared,split,measured,low,high,unit,n,verdict,note,command"
)
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
    """A study with made-up runs, one of them failed, and everything that is made from them."""
    study = {"methods": ["serial", "threads", "hogwild", "ps_tutorial"], "workers": [1, 2, 4], "seeds": [1, 2, 3]}
    overlay = {"study": study | {"snapshots": 20}, "machine": {"cores": 2}}
    project = Project.of_repository(tmp_path_factory.mktemp("analysed") / "project", overlay)
    fake_study.write_study(project.root, project.config, spoil)
    steps.everything(project.config, project.root, "snakemake")
    return project


def make_again(project, rule, *files):
    """Remove a rule's outputs and let it make them from what is there."""
    paths = [project.root / file for file in files]
    for path in paths:
        path.unlink()
    jobs = project.run("--cores", "1", "--allowed-rules", rule, "--", *files)
    assert names(jobs) == {rule}
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


def test_collect_runs_makes_a_row_a_run_and_a_row_a_ceiling(analysed):
    files = make_again(analysed, "collect_runs", "results/default/runs.csv", "results/default/ceilings.csv")
    runs, ceilings = map(pd.read_csv, files)
    assert ",".join(runs) == RUNS_COLUMNS
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
    assert ",".join(ceilings) == CEILINGS_COLUMNS
    assert list(ceilings["seed"]) == [1, 2, 3]
    assert set(ceilings["copies"]) == {2}


def test_compare_methods_makes_a_row_a_configuration(analysed):
    files = [f"results/default/{name}" for name in ("comparison.csv", "verdict.json")]
    file, verdict = make_again(analysed, "compare_methods", *files)
    (answer,) = json.loads(verdict.read_text())["answers"]
    assert answer["workload"] == "fashion_mnist-simple_nn" and answer["sentence"].startswith(answer["headline"])
    comparison = pd.read_csv(file)
    assert ",".join(comparison) == COMPARISON_COLUMNS
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


def test_model_costs_makes_a_row_a_configuration_that_was_trained_whole(analysed):
    (file,) = make_again(analysed, "model_costs", "results/default/cost.csv")
    costs = pd.read_csv(file)
    assert [(row.method, row.workers) for row in costs.itertuples()] == CONFIGURATIONS[:5]
    assert (costs["energy_wh_modelled"] > 0).all()


def test_examine_claims_makes_a_row_a_claim_and_one_a_split_where_it_is_about_splits(analysed):
    (file,) = make_again(analysed, "examine_claims", "results/default/claims.csv")
    claims = pd.read_csv(file)
    assert ",".join(claims) == CLAIMS_COLUMNS
    verdicts = {(row.id, row.split): (row.verdict, row.n) for row in claims.itertuples() if row.n}
    assert verdicts == {
        ("2b", "2x2"): ("confirmed", 3),
        ("3a", "2x2"): ("confirmed", 3),
        ("3c", "2x2"): ("confirmed", 3),
        ("3c", "4x1"): ("undecided", 2),  # a seed of it failed
        ("4.1", "2x2"): ("confirmed", 3),
    }


def test_plot_losses_draws_both_charts_and_writes_the_table_behind_the_smoothed_one(analysed):
    charts = [f"reports/default/figures/{chart}.svg" for chart in ("losses", "losses_smoothed")]
    *figures, table = make_again(analysed, "plot_losses", *charts, "reports/default/tables/losses_smoothed.csv")
    assert_charts(figures)
    smoothed = pd.read_csv(table)
    assert {"workload", "configuration", "seconds", "samples", "loss_smoothed"} == set(smoothed)
    assert smoothed["configuration"].nunique() == 5
    assert smoothed["loss_smoothed"].between(0.2, 2.5).all()


def test_plot_forest_draws_the_chart_and_writes_the_table_behind_it(analysed):
    chart, table = make_again(
        analysed, "plot_forest", "reports/default/figures/forest.svg", "reports/default/tables/forest.csv"
    )
    assert_charts([chart])
    speedups = pd.read_csv(table)
    assert list(speedups.groupby("configuration").size()) == [3] * 8
    assert speedups["speedup_of_seed"].count() == 12  # none of what failed in a seed


def test_plot_waterfall_draws_the_chart_and_writes_the_table_behind_it(analysed):
    chart, table = make_again(
        analysed, "plot_waterfall", "reports/default/figures/waterfall.svg", "reports/default/tables/waterfall.csv"
    )
    assert_charts([chart])
    factors = pd.read_csv(table)
    product = factors["hardware_efficiency"] * factors["statistical_efficiency"]
    assert list(product) == pytest.approx(list(factors["speedup_to_target"]))


def test_plot_code_cost_draws_the_chart_and_writes_the_table_behind_it(analysed):
    chart, table = make_again(
        analysed, "plot_code_cost", "reports/default/figures/code_cost.svg", "reports/default/tables/code_cost.csv"
    )
    assert_charts([chart])
    costs = pd.read_csv(table).set_index(["method", "workers"])
    assert costs.loc[("serial", 1), ["lines_changed", "new_names"]].tolist() == [0, 0]
    assert costs.loc[("threads", 1), ["lines_changed", "new_names"]].tolist() == [1, 0]
    assert costs.loc[("hogwild", 2), "lines_changed"] == costs.loc[("hogwild", 4), "lines_changed"] > 10


def test_plot_accuracy_draws_the_chart_and_writes_every_point_behind_it(analysed):
    chart, table = make_again(
        analysed, "plot_accuracy", "reports/default/figures/accuracy.svg", "reports/default/tables/accuracy.csv"
    )
    assert_charts([chart])
    points = pd.read_csv(table)
    assert list(points) == ["workload", "configuration", "seed", "samples", "seconds", "metric", "validation_metric"]
    assert set(points.groupby(["configuration", "seed"]).size()) == {20}
    assert len(points) == 14 * 20
    runs = pd.read_csv(analysed.results / "runs.csv")
    last = points.drop_duplicates(["configuration", "seed"], keep="last")
    ok = runs[(runs["status"] == "ok") & ~runs["throughput_only"]]
    assert sorted(last["validation_metric"]) == sorted(ok["validation_metric"])
    assert sorted(last["seconds"]) == sorted(ok["train_seconds"])


def assert_charts(paths):
    for path in paths:
        assert b"<svg" in path.read_bytes()[:400], path


def test_render_report_writes_the_page_and_the_tables_beside_it(analysed):
    tables = [
        f"reports/default/tables/{table}.csv" for table in ("runs", "comparison", "ceilings", "claims", "switching")
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
