"""Approach 1: the two arms side by side, a row an epoch."""

import pytest

import fake_study
from casual_training.analysis.switching import collect_switching
from casual_training.plan.study import plan


def table(root, changes, seeds=(1,)):
    config = fake_study.seed_config()
    config["study"]["seeds"] = list(seeds)
    config["study"]["workloads"] = ["fashion_mnist-resnet34"]
    fake_study.write_study(root, config, lambda run: fake_study.with_an_accelerator(run) | changes(run))
    return collect_switching([root / run.folder for run in plan(config)])


def details(regular, switching, bytes_moved):
    """Changes of both arms: seconds at the end of each pass, and what the switching one moved."""

    def changes(run):
        if run.options["switch"]:
            return {"details": {"pass_seconds": switching, "bytes_moved": bytes_moved}}
        return {"details": {"pass_seconds": regular, "bytes_moved": 0}}

    return changes


def test_the_rate_is_the_bytes_moved_over_the_seconds_they_cost(tmp_path):
    found = table(tmp_path, details([2.0, 4.0], [6.0, 14.0], 100_000_000_000))
    assert found.to_dict("list") == {
        "workload": ["fashion_mnist-resnet34"] * 2,
        "device": ["accelerator"] * 2,
        "seed": [1, 1],
        "epoch": [1, 2],
        "regular_seconds": [2, 4],
        "switching_seconds": [6, 14],
        "ratio": [3, 3.5],
        "bytes_moved": [50_000_000_000, 100_000_000_000],
        "gb_per_second": [12.5, 10],
    }


@pytest.mark.parametrize(("switching", "moved"), [(6.0, 0), (2.0, 10**9), (1.9, 10**9)])
def test_where_nothing_moves_or_moving_costs_nothing_there_is_no_rate(switching, moved, tmp_path):
    found = table(tmp_path, details([2.0], [switching], moved))
    assert found["gb_per_second"].isna().all()
    assert found["bytes_moved"].tolist() == [moved]


def test_every_seed_has_rows_of_its_own(tmp_path):
    found = table(tmp_path, lambda run: {}, seeds=(1, 2))
    assert found[["seed", "epoch"]].to_numpy().tolist() == [[seed, epoch] for seed in (1, 2) for epoch in (1, 2, 3, 4)]


def test_an_arm_that_is_not_ok_leaves_no_row(tmp_path):
    def changes(run):
        return fake_study.failed("unavailable", "no accelerator") if run.options["switch"] else {}

    assert table(tmp_path, changes).empty
