"""The tuned arm: which trials and runs it adds to a study, and how a learning rate is chosen, worked out by hand."""

import json

import pytest

from casual_training.analysis.tuning import tuning as table_of
from casual_training.plan import lr_trials, study
from casual_training.records import lr_choice
from casual_training.config import read, validate
from casual_training.plan.comparisons import questions


@pytest.fixture
def config():
    config = read.read_config([study.PROJECT / "config.yaml"])
    config["machine"]["cores"] = 2
    methods = ["serial", "threads", "hogwild", "ps_tutorial"]  # the last is rate only
    config["study"] |= {"methods": methods, "workers": [1, 2, 4], "seeds": [0, 2, 3], "tune": [0.5, 1, 2]}
    config["workloads"]["fashion_mnist-simple_nn"]["target"] = 0.8
    return config


def trial(factor, seconds=None, metric=0.7, status="ok", higher_is_better=True, **cell):
    of = {"workload": "images", "method": "serial", "workers": 1, "epochs": 4.0} | cell
    found = {"lr_factor": factor, "status": status, "seconds_to_target": seconds, "validation_metric": metric}
    return of | found | {"higher_is_better": higher_is_better}


def test_the_factor_that_is_on_target_soonest_is_chosen_whatever_it_ends_with():
    assert lr_choice.choose([trial(0.5, 9.0, 0.9), trial(1, 7.0, 0.85), trial(2, 5.0, 0.81), trial(4, None, 0.79)]) == 2


def test_if_none_gets_there_the_best_final_metric_is_chosen():
    assert lr_choice.choose([trial(0.5, None, 0.5), trial(1, None, 0.7), trial(2, None, 0.6)]) == 1


def test_the_best_error_is_the_smallest():
    errors = [trial(factor, None, error, higher_is_better=False) for factor, error in ((0.5, 3.0), (1, 2.0), (2, 4.0))]
    assert lr_choice.choose(errors) == 1


def test_a_trial_that_is_not_ok_is_not_chosen():
    assert lr_choice.choose([trial(1, None, 0.7), trial(4, None, None, "diverged")]) == 1


@pytest.mark.parametrize("seconds", [5.0, None])
def test_of_equals_the_smallest_factor_is_chosen_in_whatever_order_they_come(seconds):
    assert lr_choice.choose([trial(2, seconds), trial(0.5, seconds), trial(1, seconds)]) == 0.5


@pytest.mark.parametrize("found", [[], [trial(0.5, status="failed", metric=None)]])
def test_without_an_ok_trial_the_rate_stays_as_it_is(found):
    assert lr_choice.choose(found) == 1


def test_a_trial_is_read_with_the_seconds_at_which_it_is_on_target(tmp_path):
    curve = [(100, 1.0, 0.6), (200, 2.5, 0.8), (300, 3.5, 0.875)]
    points = [dict(zip(("samples", "seconds", "validation_metric"), point, strict=True)) for point in curve]
    known = trial(2, metric=0.875) | {"curve": points}
    del known["seconds_to_target"]
    (tmp_path / "run.json").write_text(json.dumps(known))
    assert lr_choice.read_trial(tmp_path / "run.json", 0.75) == trial(2, pytest.approx(2.125), 0.875)
    assert lr_choice.read_trial(tmp_path / "run.json", 0.95) == trial(2, None, 0.875)


def test_every_configuration_that_is_whole_is_tried_once_a_factor_on_a_seed_of_no_run(config):
    trials = study.plan_trials(validate.validate(config))
    cells = {("serial", 1), ("threads", 1), ("hogwild", 1), ("hogwild", 2), ("hogwild", 4)}
    assert {(run.method, run.workers) for run in trials} == cells
    assert len(trials) == len({run.folder for run in trials}) == 3 * len(cells)
    assert {run.seed for run in trials} == {1}
    folder = "results/default/trials/fashion_mnist-simple_nn/hogwild/2x2/rate-0.5"
    assert folder in {run.folder for run in trials}


def test_what_is_there_to_fail_is_not_tuned(config):
    config["methods"]["hogwild"]["expected_failure"] = True
    assert {run.method for run in study.plan_trials(validate.validate(config))} == {"serial", "threads"}


def test_trials_come_first_and_tuned_runs_stand_in_the_block_of_their_seed(config):
    order = study.schedule(validate.validate(config))
    assert [run.seed for run in order] == 15 * [1] + 14 * [0] + 14 * [2] + 14 * [3]
    assert all(run.lr_factor for run in order[:15])
    block = [run.tune is not None for run in order[15:29]]
    assert sum(block) == 5
    assert block != sorted(block)  # shuffled with the others


def test_each_run_of_a_configuration_has_a_tuned_one_that_knows_its_trials(config):
    config = validate.validate(config)
    planned = {trial.folder: trial for trial in study.plan_trials(config)}
    tuned = [run for run in study.plan(config) if run.tune]
    assert len(tuned) == 3 * 5
    for run in tuned:
        own = lr_trials.trials_of(run)
        assert [trial.lr_factor for trial in own] == [0.5, 1, 2]
        assert [planned[trial.folder] for trial in own] == own
        assert {(f"{trial.method}_tuned", trial.split) for trial in own} == {(run.method, run.split)}
    assert not any(lr_trials.trials_of(run) for run in study.plan(config) if not run.tune)


def test_a_tuned_arm_leaves_what_is_as_is_alone(config):
    tuned = validate.validate(config)
    as_is = validate.validate(config | {"study": config["study"] | {"tune": []}})
    with_tune = {run.folder: run for run in study.schedule(tuned)}
    assert all(with_tune[run.folder] == run for run in study.schedule(as_is))
    assert {run.folder for run in study.plan_diagnoses(tuned)} == {run.folder for run in study.plan_diagnoses(as_is)}
    assert study.methods(tuned) == [*study.methods(as_is), "serial_tuned", "threads_tuned", "hogwild_tuned"]
    asked, before = (questions(config)["fashion_mnist-simple_nn"] for config in (tuned, as_is))
    assert (asked.declared, asked.serial) == (before.declared, before.serial)


def test_the_rate_of_a_run_is_its_own_that_of_a_trial_what_it_tries(config):
    config = validate.validate(config)
    as_is = next(run for run in study.plan(config) if not run.tune)
    assert lr_choice.lr_factor(as_is, []) == 1
    assert {lr_choice.lr_factor(run, []) for run in study.plan_trials(config)} == {0.5, 1, 2}


def test_trials_without_a_target_are_refused(config):
    config["workloads"]["fashion_mnist-simple_nn"]["target"] = None
    with pytest.raises(ValueError, match=r"study.tune needs workloads.fashion_mnist-simple_nn.target.*; set it"):
        validate.validate(config)


def test_a_method_that_is_called_like_a_tuned_one_is_refused(config):
    config["methods"]["Serial_tuned"] = {"strategy": "serial"}
    with pytest.raises(ValueError, match=r"methods.serial_tuned has the name of serial as study.tune tunes it"):
        validate.validate(config)


@pytest.mark.parametrize("factors", [[0], [-1], ["fast"], [1, 1], 2, [5000]])
def test_factors_that_are_no_different_numbers_above_0_are_refused(config, factors):
    config["study"]["tune"] = factors
    with pytest.raises(ValueError, match=r"config: study\.tune"):
        validate.validate(config)


def test_the_table_has_a_row_a_trial_and_says_which_was_chosen_once_all_are_there():
    serial = [trial(2, 5.0), trial(1, 7.0)]
    hogwild = [trial(1, 4.0, method="hogwild", workers=2)]
    found = table_of([*hogwild, *serial], ["serial", "hogwild"], 2)
    assert found["method"].tolist() == ["serial", "serial", "hogwild"]
    assert found["lr_factor"].tolist() == [1, 2, 1]
    assert found["chosen"].isna().tolist() == [False, False, True]
    assert found["chosen"].dropna().tolist() == [False, True]
    assert table_of([], [], 0).empty
