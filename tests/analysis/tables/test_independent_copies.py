"""The throughput of independent copies is the sum of theirs, where all of them are done."""

import pytest

import fake_study
from casual_training.analysis.tables.independent_copies import COLUMNS, collect_copies
from casual_training.plan.run import COPIES_STRATEGY
from small_study import SAMPLES, small_study, timed


def test_the_throughput_is_the_sum_of_that_of_the_copies():
    _, copies = small_study()
    assert list(copies["samples_per_second"]) == pytest.approx([1200 / 10 + 1200 / 15] * 3)
    assert list(copies["copies"]) == [2, 2, 2]
    assert list(copies["seed"]) == [1, 2, 3]


@pytest.mark.parametrize("status", ["ok", "failed"])
def test_without_one_of_its_copies_a_row_stays_and_has_no_throughput(status):
    def changes(run):
        if run.strategy != COPIES_STRATEGY or run.seed != 2:
            return timed(run)
        done = fake_study.make_worker(run, 0, SAMPLES, 10.0)
        return {"worker_records": [done, fake_study.make_worker(run, 1, 64, None)], "status": status, "cause": "killed"}

    _, copies = small_study(changes)
    assert list(copies["samples_per_second"].isna()) == [False, True, False]
    assert list(copies["status"]) == ["ok", status, "ok"]


def test_a_seed_that_was_not_made_has_no_row():
    _, copies = small_study(lambda run: None if run.seed == 2 else timed(run))
    assert list(copies["seed"]) == [1, 3]


def test_without_copies_the_table_is_empty_and_has_all_columns():
    assert collect_copies([]).dtypes.astype(str).to_dict() == COLUMNS
