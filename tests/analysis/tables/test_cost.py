"""What a run costs, worked out by hand."""

import pytest

from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import runs
from casual_training.analysis.tables.cost import costs
from casual_training.config.models import Cloud, Cost, Electricity

PRICES = Cost(
    electricity=Electricity(watts_idle=10.0, watts_per_busy_core=8.0, price_per_kwh=0.3),
    cloud=Cloud(price_per_hour=0.36),
)


def run(seed, train_seconds, cpu_seconds, **changes):
    row = {"workload": "images", "method": "hogwild", "workers": 2, "epochs": 2, "seed": seed, "status": "ok"}
    return row | {"throughput_only": False, "train_seconds": train_seconds, "cpu_seconds": cpu_seconds} | changes


def test_the_cost_of_a_run_is_the_one_worked_out_by_hand():
    (found,) = costs(as_table([run(1, 100.0, 200.0)], runs.COLUMNS), PRICES).itertuples()
    assert found.energy_wh_modelled == pytest.approx((10 * 100 + 8 * 200) / 3600)  # 2,600 J
    assert found.electricity_cost_modelled == pytest.approx(2600 / 3.6e6 * 0.3)
    assert found.cloud_cost_modelled == pytest.approx(0.01)


def test_medians_are_over_the_runs_that_are_ok_and_whole():
    rows = [run(1, 10.0, 20.0), run(2, 12.0, 22.0), run(3, 14.0, 24.0)]
    rows += [run(4, 99.0, 99.0, status="failed"), run(5, 99.0, 99.0, throughput_only=True)]
    (found,) = costs(as_table(rows, runs.COLUMNS), PRICES).itertuples()
    assert (found.train_seconds, found.cpu_seconds) == (12.0, 22.0)


def test_a_study_without_an_ok_run_costs_nothing_that_is_known():
    assert costs(as_table([], runs.COLUMNS), PRICES).empty
