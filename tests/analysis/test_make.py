"""The analysis follows the config, and what it leaves behind does not hide from Snakemake what is still to be done."""

import pandas as pd

import fake_study
from casual_training.analysis import steps
from casual_training.analysis.columns import RUNS_COLUMNS, read_table
from casual_training.plan.study import plan, plan_ceilings


def test_tables_made_in_one_process_are_older_than_every_run_so_that_snakemake_makes_them_again(tmp_path):
    config = fake_study.make_config(workers=[2], seeds=[1, 2])
    fake_study.write_study(tmp_path, config, lambda run: None if run.seed == 2 else {})
    steps.everything(config, tmp_path, "snakemake --cores 4")
    finished = [run for run in [*plan(config), *plan_ceilings(config)] if run.seed == 1]
    times = [(tmp_path / run.folder / "run.json").stat().st_mtime for run in finished]
    assert len(times) == 4
    assert 0 < (tmp_path / "results" / "default" / "runs.csv").stat().st_mtime < min(times)  # 0 is no time to Snakemake


def test_a_target_in_the_config_counts_for_its_workload_and_leaves_no_run_out(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1, 2])
    fake_study.write_study(tmp_path, config)
    for target, expected in ((None, 0.84), (0.765, 0.765)):
        config["workloads"]["fashion_mnist-simple_nn"]["target"] = target
        steps.collect(config, tmp_path)
        runs = read_table(tmp_path / "results" / "default" / "runs.csv", RUNS_COLUMNS)
        assert list(runs["target"]) == [expected] * 2


def test_a_run_that_is_rate_only_or_not_ok_has_no_line_in_the_charts_of_losses_and_accuracy(tmp_path):
    config = fake_study.make_config(methods=["serial", "hogwild", "sampled"], workers=[2], seeds=[1])
    config["methods"]["sampled"] = config["methods"]["hogwild"] | {"max_steps": 200}
    fake_study.write_study(
        tmp_path, config, lambda run: fake_study.failed("failed", "x") if run.method == "hogwild" else {}
    )
    steps.everything(config, tmp_path, "snakemake --cores 4")
    for name in ("losses", "losses_smoothed", "accuracy"):
        behind = pd.read_csv(tmp_path / "reports" / "default" / "tables" / f"{name}.csv")
        assert set(behind["configuration"]) == {"serial, 1 worker x 4 epochs"}


def page_of(root, *losses):
    """Make a study of a workload a loss and give its page."""
    config = fake_study.make_config(workloads=list(losses), seeds=[1, 2])
    config["workloads"] = {loss: fake_study.WORKLOAD | {"loss": loss} for loss in losses}
    fake_study.write_study(root, config)
    steps.everything(config, root, "snakemake --cores 4")
    return (root / "reports" / "default" / "report.html").read_text()


def test_the_page_of_an_error_speaks_of_no_accuracy_but_in_the_original_study(tmp_path):
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


def test_workloads_of_different_metrics_have_a_table_each_with_the_own_name(tmp_path):
    page = page_of(tmp_path, "mean_squared_error", "cross_entropy")
    assert page.count('<th scope="col">test mean squared error</th>') == 1
    assert page.count('<th scope="col">test accuracy</th>') == 1
    assert "Validation metric during training" in page
