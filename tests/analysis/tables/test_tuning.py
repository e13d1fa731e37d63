"""A row a trial: when it reached the target, and whether its factor is the one that was chosen."""

import pytest

import fake_study
from casual_training.analysis.tables.tuning import COLUMNS, collect_trials
from casual_training.study.load import load_plan
from small_study import WORKLOAD, curve, records


def trials(ends, methods=("serial", "hogwild")):
    """Make the table of trials of two factors; `ends` is the curve of each trial, None if it was not made."""
    config = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1], tune=[1, 2])
    config["workloads"][WORKLOAD] = fake_study.WORKLOAD | {"target": 0.8}
    plan = load_plan(config)

    def changes(run):
        metrics = ends.get((run.method, run.lr_factor))
        return metrics and {"curve": curve(*metrics), "validation_metric": metrics[-1]}

    return collect_trials(records(plan.trials, changes), methods, plan.targets, 2)


def test_every_trial_has_a_row_that_says_whether_it_was_chosen():
    found = trials({("serial", 1): (0.5, 0.8), ("serial", 2): (0.8, 0.9), ("hogwild", 1): (0.5, 0.6)})
    assert found["method"].tolist() == ["serial", "serial", "hogwild"]
    assert found["lr_factor"].tolist() == [1, 2, 1]
    assert found["seconds_to_target"].tolist() == pytest.approx([4.0, 2.0, float("nan")], nan_ok=True)
    assert found["validation_metric"].tolist() == [0.8, 0.9, 0.6]
    assert found["chosen"].isna().tolist() == [False, False, True]  # a trial of hogwild is missing
    assert found["chosen"].dropna().tolist() == [False, True]


def test_rows_stand_in_the_studys_order_of_methods():
    assert trials({("serial", 1): (0.8,), ("hogwild", 2): (0.8,)}, ["hogwild", "serial"])["method"].tolist() == [
        "hogwild",
        "serial",
    ]


def test_without_trials_the_table_is_empty_and_has_all_columns():
    assert trials({}).dtypes.astype(str).to_dict() == COLUMNS
