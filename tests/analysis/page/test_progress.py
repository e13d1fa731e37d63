"""How far the study is, and what makes its figures less comparable."""

from pages import make_page, parsed, write_page

import fake_study
from casual_training.study.load import load_plan


def test_unreadable_noise_is_said_to_be_and_repeated_runs_are_counted(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1, 2])
    unread = dict.fromkeys(["foreign_cpu_share", "steal_share", "interference_detected"])
    words = parsed(write_page(tmp_path / "unread", config, lambda run: unread)).words
    assert "How quiet it was cannot be read on this system." in words
    again = {"attempt": 2, "interference_detected": True, "foreign_cpu_share": 0.061}
    words = parsed(write_page(tmp_path / "again", config, lambda run: again if run.seed == 2 else {})).words
    assert "used at most 6.1 % of its cores during a run; 1 of 2 runs was disturbed and repeated, 1 of them" in words


def test_runs_of_another_config_are_left_out_and_counted(tmp_path):
    config = fake_study.make_config()
    fake_study.write_study(tmp_path, load_plan(config))
    config["workloads"]["fashion_mnist-simple_nn"]["batch_size"] = 64
    words = parsed(make_page(tmp_path, load_plan(config))).words
    assert "0 of 15 planned runs have finished" in words
    assert "Left out, because another config made them: 18 run folders" in words  # 15 runs and 3 of independent copies


def test_runs_clearly_above_independent_copies_are_noted(tmp_path):
    def slow_copies(run):
        slow = [fake_study.make_worker(run, samples=100, train_seconds=1.0)]
        return {"worker_records": slow} if run.kind == "copies" else {}

    config = fake_study.make_config(methods=["serial", "hogwild"], seeds=[1])
    assert "clearly faster than their ceiling" in parsed(write_page(tmp_path, config, slow_copies)).words


def test_a_study_without_runs_has_a_page_that_says_so(empty):
    words = parsed(empty).words
    assert "No run of fashion_mnist-simple_nn has finished yet" in words
    assert "0 of 15 planned runs have finished" in words
