"""The tuned arm: which trials and runs it adds to a study."""

import pytest

from casual_training.config.read import read_config
from casual_training.plan import lr_trials
from casual_training.study.load import PROJECT, load_plan


@pytest.fixture
def config():
    config = read_config([PROJECT / "config.yaml"])
    config["machine"] = {"cores": 2}
    methods = ["serial", "threads", "hogwild", "ps_tutorial"]  # the last is throughput only
    config["study"] |= {"methods": methods, "workers": [1, 2, 4], "seeds": [0, 2, 3], "tune": [0.5, 1, 2]}
    config["workloads"]["fashion_mnist-simple_nn"]["target"] = 0.8
    return config


def test_every_whole_configuration_is_tried_once_a_factor_on_another_seed(config):
    trials = load_plan(config).trials
    cells = {("serial", 1), ("threads", 1), ("hogwild", 1), ("hogwild", 2), ("hogwild", 4)}
    assert {(run.method, run.workers) for run in trials} == cells
    assert len(trials) == len({run.folder for run in trials}) == 3 * len(cells)
    assert {run.seed for run in trials} == {1}
    folder = "results/default/trials/fashion_mnist-simple_nn/hogwild/2x2/rate-0.5"
    assert folder in {run.folder for run in trials}


def test_a_method_that_is_expected_to_fail_is_not_tuned(config):
    config["methods"]["hogwild"]["expected_failure"] = True
    assert {run.method for run in load_plan(config).trials} == {"serial", "threads"}


def test_trials_come_first_and_tuned_runs_in_their_seeds_block(config):
    order = load_plan(config).schedule
    assert [run.seed for run in order] == 15 * [1] + 14 * [0] + 14 * [2] + 14 * [3]
    assert all(run.lr_factor for run in order[:15])
    block = [run.tune is not None for run in order[15:29]]
    assert sum(block) == 5
    assert block != sorted(block)  # shuffled with the others


def test_each_run_has_a_tuned_one_that_knows_its_trials(config):
    plan = load_plan(config)
    planned = {trial.folder: trial for trial in plan.trials}
    tuned = [run for run in plan.runs if run.tune]
    assert len(tuned) == 3 * 5
    for run in tuned:
        own = lr_trials.trials_of(run)
        assert [trial.lr_factor for trial in own] == [0.5, 1, 2]
        assert [planned[trial.folder] for trial in own] == own
        assert {(f"{trial.method}_tuned", trial.split) for trial in own} == {(run.method, run.split)}
    assert not any(lr_trials.trials_of(run) for run in plan.runs if not run.tune)


def test_a_tuned_arm_leaves_the_untuned_one_alone(config):
    tuned = load_plan(config)
    untuned = load_plan(config | {"study": config["study"] | {"tune": []}})
    with_tune = {run.folder: run for run in tuned.schedule}
    assert all(with_tune[run.folder] == run for run in untuned.schedule)
    assert {run.folder for run in tuned.diagnoses} == {run.folder for run in untuned.diagnoses}
    assert tuned.methods == (*untuned.methods, "serial_tuned", "threads_tuned", "hogwild_tuned")
    compared, before = (plan.comparisons["fashion_mnist-simple_nn"] for plan in (tuned, untuned))
    assert (compared.specified, compared.serial) == (before.specified, before.serial)


def test_trials_without_a_target_are_refused(config):
    config["workloads"]["fashion_mnist-simple_nn"]["target"] = None
    with pytest.raises(ValueError, match=r"study.tune needs workloads.fashion_mnist-simple_nn.target.*; set it"):
        load_plan(config)


def test_factors_that_differ_little_have_folders_of_their_own(config):
    config["study"]["tune"] = [0.3333333, 0.33333333, 2, 2.5]
    folders = [run.folder for run in load_plan(config).trials]
    assert len(set(folders)) == len(folders)
    assert {folder.rpartition("rate-")[2] for folder in folders} == {"0.3333333", "0.33333333", "2", "2.5"}


def test_a_method_that_is_called_like_a_tuned_one_is_refused(config):
    config["methods"]["Serial_tuned"] = {"strategy": "serial"}
    with pytest.raises(ValueError, match=r"methods.serial_tuned has the name of serial as study.tune tunes it"):
        load_plan(config)


@pytest.mark.parametrize("factors", [[0], [-1], ["fast"], [1, 1], 2, [5000]])
def test_factors_that_are_no_different_numbers_above_0_are_refused(config, factors):
    config["study"]["tune"] = factors
    with pytest.raises(ValueError, match=r"config: study\.tune"):
        load_plan(config)
