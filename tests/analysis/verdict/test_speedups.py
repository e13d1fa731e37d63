"""The speed-up to the target and its factors, worked out by hand."""

import math

import pytest

from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.verdict.speedups import best_to_target, missed, not_ok, speedups, speedups_of_runs
from casual_training.plan.comparisons import Comparisons

SEEDS = [1, 2]
NAN = float("nan")
NO_COPIES = as_table([], independent_copies.COLUMNS)
SERIAL_ONLY, BOTH = Comparisons(serial=["serial"]), Comparisons(serial=["serial", "threads"])
TUNED = Comparisons(serial=["serial"], tuned_serial=["serial_tuned"])


def row(method, workers, seed, seconds, samples, startup=4.0, **changes):
    strategy = "serial" if method in ("serial", "threads") else method
    known = {"workload": "images", "method": method, "strategy": strategy, "workers": workers, "epochs": 4 / workers}
    known |= {"seed": seed, "status": "ok", "throughput_only": False, "startup_seconds": startup}
    return known | {"seconds_to_target": seconds, "samples_to_target": samples} | changes


def table(*rows):
    return as_table(rows, runs_table.COLUMNS)


SERIAL = [row("serial", 1, 1, 20.0, 1000), row("serial", 1, 2, 22.0, 1100)]
HOGWILD = [row("hogwild", 2, 1, 12.5, 1250, startup=5.0), row("hogwild", 2, 2, 11.0, 1100, startup=5.0)]


def of(found, method):
    return found[found["method"] == method].iloc[0]


def test_the_speedup_is_the_geometric_mean_of_ratios_within_seeds():
    found = of(speedups(table(*SERIAL, *HOGWILD), SEEDS, {"images": SERIAL_ONLY}), "hogwild")
    assert found["speedup_to_target"] == pytest.approx(math.sqrt(1.6 * 2.0))


def test_it_splits_exactly_into_samples_a_second_and_samples_needed():
    found = of(speedups(table(*SERIAL, *HOGWILD), SEEDS, {"images": SERIAL_ONLY}), "hogwild")
    # Serial: 50 samples/s twice. Hogwild!: 100 samples/s twice, and 0.8 and 1 times as few samples.
    assert found["hardware_efficiency"] == pytest.approx(2.0)
    assert found["statistical_efficiency"] == pytest.approx(math.sqrt(0.8))
    assert found["hardware_efficiency"] * found["statistical_efficiency"] == pytest.approx(found["speedup_to_target"])


def test_end_to_end_the_start_up_counts():
    found = of(speedups(table(*SERIAL, *HOGWILD), SEEDS, {"images": SERIAL_ONLY}), "hogwild")
    assert found["end_to_end_speedup"] == pytest.approx(math.sqrt(24 / 17.5 * 26 / 16))


def test_break_even_is_where_the_gain_pays_for_the_longer_start_up():
    serial, parallel = row("serial", 1, 1, 20.0, 1000), row("hogwild", 2, 1, 10.0, 1000, startup=5.0)
    found = of(speedups(table(serial, parallel), [1], {"images": SERIAL_ONLY}), "hogwild")
    assert found["break_even_seconds"] == pytest.approx(2.0)  # 4 + 2 = 5 + 2 / 2


def test_a_shorter_start_up_pays_at_once_and_a_slower_method_never():
    at_once, never = row("ddp", 2, 1, 10.0, 1000, startup=3.0), row("ps", 2, 1, 40.0, 1000)
    found = speedups(table(SERIAL[0], at_once, never), [1], {"images": SERIAL_ONLY})
    assert of(found, "ddp")["break_even_seconds"] == 0
    assert math.isnan(of(found, "ps")["break_even_seconds"])


def test_the_baseline_is_the_serial_method_that_is_earliest_on_target():
    threads = [row("threads", 1, 1, 15.0, 1000), row("threads", 1, 2, 16.0, 1100)]
    runs = table(*SERIAL, *threads, *HOGWILD)
    assert best_to_target(runs, SEEDS, BOTH) == "threads"
    assert set(speedups(runs, SEEDS, {"images": BOTH})["baseline"]) == {"threads"}


@pytest.mark.parametrize("status", ["ok", "diverged"])
def test_a_serial_method_that_missed_a_seed_is_no_baseline(status):
    threads = [row("threads", 1, 1, 15.0, 1000), row("threads", 1, 2, None, None, status=status)]
    assert best_to_target(table(*SERIAL, *threads), SEEDS, BOTH) == "serial"
    assert best_to_target(table(*threads), SEEDS, Comparisons(serial=["threads"])) is None
    # Not even with a seed that is not made yet: it is out already.
    assert best_to_target(table(*SERIAL, threads[1]), SEEDS, BOTH) == "serial"


@pytest.mark.parametrize("second", [[], [row("threads", 1, 2, None, None, status="failed")]])
def test_while_a_possible_best_serial_method_lacks_a_seed_nothing_is_compared(second):
    runs = table(*SERIAL, row("threads", 1, 1, 15.0, 1000), *second, *HOGWILD)
    assert best_to_target(runs, SEEDS, BOTH) is None
    assert best_to_target(table(*SERIAL, *HOGWILD), SEEDS, BOTH) is None  # none of its runs is made yet
    assert speedups(runs, SEEDS, {"images": BOTH}).empty
    of_runs = speedups_of_runs(runs, NO_COPIES, SEEDS, {"images": BOTH})
    assert of_runs["speedup_of_seed"].isna().all()


def test_a_seed_is_missed_without_the_target_and_otherwise_not_ok():
    statuses = {1: "ok", 2: "diverged", 3: "failed", 4: "timeout"}
    own = table(
        row("ddp", 2, 0, 9.0, 900), *(row("ddp", 2, seed, None, None, status=statuses[seed]) for seed in statuses)
    )
    assert missed(own, [0, 1, 2, 3, 4, 5]) == [1, 2]
    assert not_ok(own, [0, 1, 2, 3, 4, 5]) == [3, 4, 5]


def test_only_the_seeds_that_both_have_are_compared():
    found = of(
        speedups(table(*SERIAL, HOGWILD[0]), SEEDS, {"images": SERIAL_ONLY}), "hogwild"
    )  # the second is not made yet
    assert found["speedup_to_target"] == pytest.approx(1.6)


@pytest.mark.parametrize("status", ["ok", "failed"])
def test_a_configuration_that_failed_in_a_seed_has_no_speedup(status):
    runs = table(*SERIAL, HOGWILD[0], row("hogwild", 2, 2, None, None, status=status))
    found = of(speedups(runs, SEEDS, {"images": SERIAL_ONLY}), "hogwild")
    assert found[["speedup_to_target", "hardware_efficiency", "end_to_end_speedup", "break_even_seconds"]].isna().all()
    of_runs = speedups_of_runs(runs, NO_COPIES, SEEDS, {"images": SERIAL_ONLY})
    assert of_runs["speedup_of_seed"].tolist() == pytest.approx([1, 1, NAN, NAN], nan_ok=True)


def test_without_target_or_baseline_there_is_no_speedup():
    never = [row("hogwild", 2, seed, None, None) for seed in SEEDS]
    found = speedups(table(*SERIAL, *never), SEEDS, {"images": SERIAL_ONLY})
    assert math.isnan(of(found, "hogwild")["speedup_to_target"])
    assert speedups(table(*HOGWILD), SEEDS, {"images": SERIAL_ONLY}).empty


def test_tuned_configurations_are_compared_with_tuned_serial_training_others_with_untuned():
    serial = [row("serial_tuned", 1, seed, 10.0, 500, strategy="serial", tuned=True) for seed in SEEDS]
    hogwild = [row("hogwild_tuned", 2, seed, 8.0, 800, strategy="hogwild", tuned=True) for seed in SEEDS]
    runs = table(*SERIAL, *HOGWILD, *serial, *hogwild)
    found = speedups(runs, SEEDS, {"images": TUNED})
    assert of(found, "hogwild_tuned")["baseline"] == "serial_tuned"
    assert of(found, "hogwild_tuned")["speedup_to_target"] == pytest.approx(10 / 8)
    assert of(found, "hogwild")["baseline"] == "serial"
    assert of(found, "hogwild")["speedup_to_target"] == pytest.approx(math.sqrt(1.6 * 2.0))
    assert best_to_target(runs, SEEDS, TUNED) == "serial"


def test_a_tuned_arm_without_a_tuned_serial_method_has_no_speed_up():
    tuned = row("hogwild_tuned", 2, 1, 8.0, 800, strategy="hogwild", tuned=True)
    assert "hogwild_tuned" not in set(speedups(table(*SERIAL, tuned), SEEDS, {"images": SERIAL_ONLY})["method"])


def test_tuned_runs_are_compared_with_tuned_serial_training_in_their_seed():
    tuned = [row("serial_tuned", 1, 1, 10.0, 500, strategy="serial", tuned=True)]
    tuned += [row("hogwild_tuned", 2, 1, 8.0, 800, strategy="hogwild", tuned=True)]
    found = speedups_of_runs(table(SERIAL[0], HOGWILD[0], *tuned), NO_COPIES, [1], {"images": TUNED})
    assert found["speedup_of_seed"].tolist() == pytest.approx([1, 1.6, 1, 1.25])
