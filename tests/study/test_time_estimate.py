import re

import pytest

from casual_training.config.read import read_config
from casual_training.study import time_estimate
from casual_training.study.load import PROJECT, load_plan
from casual_training.study.time_estimate import announce


@pytest.fixture
def config():
    config = read_config([PROJECT / "config.yaml"])
    config["machine"] = {"cores": 2}
    return config


def minutes(text):
    return int(re.search(r"about (\d+) minutes?", text)[1])


def test_only_the_runs_that_are_to_be_made_count(config):
    folders = [run.folder for run in load_plan(config).timed]
    announced = announce(load_plan(config), set(folders))
    assert f"study default: {len(folders)} of {len(folders)} runs to make, independent copies included" in announced
    assert f"3 of {len(folders)} runs" in announce(load_plan(config), set(folders[:3]))


def test_more_passes_take_more_minutes(config):
    folders = {run.folder for run in load_plan(config).schedule}
    few = minutes(announce(load_plan(config), folders))
    config["study"]["passes"] = 400
    assert minutes(announce(load_plan(config), {run.folder for run in load_plan(config).schedule})) > 10 * few


def test_the_original_pipeline_is_estimated_with_its_own_cost(config):
    config["study"] |= {"methods": ["serial"], "passes": 1000}
    memory = minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs}))
    config["study"]["methods"] = ["serial_torchvision"]
    assert minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs})) > 1.2 * memory


def test_a_run_cut_short_takes_hardly_any_of_it(config):
    config["study"] |= {"methods": ["ps_tutorial_whole"], "passes": 1000}
    whole = minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs}))
    config["study"]["methods"] = ["ps_tutorial"]
    assert minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs})) < 0.1 * whole


@pytest.mark.parametrize("is_there", [False, True])
def test_runs_that_need_an_accelerator_cost_no_calibration_where_there_is_none(is_there, config, monkeypatch):
    config["study"]["workloads"] = ["fashion_mnist-simple_nn", "fashion_mnist-resnet34"]
    timed = []
    monkeypatch.setattr("torch.accelerator.is_available", lambda: is_there)
    monkeypatch.setattr(
        time_estimate, "_cost", lambda run: timed.append(run.model) or time_estimate.Cost(0.001, 1, 1, 1)
    )
    folders = {run.folder for run in load_plan(config).schedule}
    said = announce(load_plan(config), folders)
    assert f"{len(folders)} of " in said
    assert ("resnet34" in timed) == is_there


def test_looking_at_the_accuracy_more_often_takes_longer(config):
    config["study"]["methods"] = ["serial"]
    few = minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs}))
    config["study"]["snapshots"] = 1000
    assert minutes(announce(load_plan(config), {run.folder for run in load_plan(config).runs})) > 2 * few
