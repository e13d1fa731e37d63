"""Approach 1: the two arms side by side, a row an epoch."""

import pytest

import fake_study
from casual_training.analysis.tables.switching import collect_switching
from casual_training.study.load import load_plan
from small_study import records


def table(changes, seeds=(1,)):
    config = fake_study.seed_config()
    config["study"] |= {"seeds": list(seeds), "workloads": ["fashion_mnist-resnet34"]}
    made = records(load_plan(config).runs, lambda run: fake_study.with_an_accelerator(run) | changes(run))
    return collect_switching(made)


def details(regular, switching, bytes_moved):
    """Changes of both arms: seconds at the end of each pass, and what the switching one moved."""

    def changes(run):
        if run.options["switch"]:
            return {"details": {"pass_seconds": switching, "bytes_moved": bytes_moved}}
        return {"details": {"pass_seconds": regular, "bytes_moved": 0}}

    return changes


def test_the_rate_is_the_bytes_moved_over_the_seconds_they_cost():
    found = table(details([2.0, 4.0], [6.0, 14.0], 100_000_000_000))
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
def test_where_nothing_moves_or_moving_costs_nothing_there_is_no_rate(switching, moved):
    found = table(details([2.0], [switching], moved))
    assert found["gb_per_second"].isna().all()
    assert found["bytes_moved"].tolist() == [moved]


def test_every_seed_has_rows_of_its_own():
    found = table(lambda run: {}, seeds=(1, 2))
    assert found[["seed", "epoch"]].to_numpy().tolist() == [[seed, epoch] for seed in (1, 2) for epoch in (1, 2, 3, 4)]


def test_an_arm_that_is_not_ok_leaves_no_row():
    def changes(run):
        return fake_study.failed("unavailable", "no accelerator") if run.options["switch"] else {}

    assert table(changes).empty


def test_arms_of_different_numbers_of_epochs_are_refused():
    with pytest.raises(ValueError, match="has 2 epochs in one arm and 1 in the other of the same seed; delete"):
        table(details([2.0], [6.0, 14.0], 100))
