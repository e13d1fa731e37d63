"""What the analysis leaves behind does not hide from Snakemake what is still to be done."""

import fake_study
from casual_training.analysis import steps
from casual_training.study import plan, plan_ceilings


def test_tables_made_in_one_process_are_older_than_every_run_so_that_snakemake_makes_them_again(tmp_path):
    config = fake_study.make_config(workers=[2], seeds=[1, 2])
    fake_study.write_study(tmp_path, config, lambda run: None if run.seed == 2 else {})
    steps.everything(config, tmp_path, "snakemake --cores 4")
    finished = [run for run in [*plan(config), *plan_ceilings(config)] if run.seed == 1]
    times = [(tmp_path / run.folder / "run.json").stat().st_mtime for run in finished]
    assert len(times) == 4
    assert 0 < (tmp_path / "results" / "default" / "runs.csv").stat().st_mtime < min(times)  # 0 is no time to Snakemake
