"""When a curve is first on target, worked out by hand."""

import pytest

from casual_training.records.record import Snapshot
from casual_training.study.time_to_target import first_on_target


def curve_of(*points) -> list[Snapshot]:
    return [Snapshot(samples=samples, seconds=seconds, validation_metric=value) for samples, seconds, value in points]


RISING = curve_of((100, 1.0, 0.60), (200, 3.0, 0.80), (300, 4.0, 0.70), (400, 6.0, 0.90))
FALLING = curve_of((100, 1.0, 0.9), (200, 2.0, 0.5), (300, 4.0, 0.4))


def test_between_two_snapshots_it_is_on_target_where_a_straight_line_is():
    assert first_on_target(0.75, RISING, rises=True) == pytest.approx((175, 2.5))  # 3/4 of the way
    assert first_on_target(0.60 + 0.20 / 3, RISING, rises=True) == pytest.approx((100 + 100 / 3, 1 + 2 / 3))


def test_where_less_is_better_the_line_goes_down():
    assert first_on_target(0.6, FALLING, rises=False) == pytest.approx((175, 1.75))
    assert first_on_target(0.45, FALLING, rises=False) == pytest.approx((250, 3.0))


@pytest.mark.parametrize("target", [0.60, 0.55])
def test_a_first_snapshot_that_is_on_target_counts_as_it_was_taken(target):
    assert first_on_target(target, RISING, rises=True) == (100, 1.0)


def test_a_snapshot_that_is_just_on_target_counts_as_it_was_taken():
    assert first_on_target(0.80, RISING, rises=True) == pytest.approx((200, 3.0))
    nearly = curve_of((100, 1.0, 0.5), (200, 2.0, 0.83 - 1e-12))
    assert first_on_target(0.83, nearly, rises=True) == (200, 2.0)  # and not a little beyond it


def test_a_later_snapshot_below_the_target_takes_nothing_back():
    assert first_on_target(0.85, RISING, rises=True) == pytest.approx((375, 5.5))  # from the third, of 0.70
    assert first_on_target(0.78, RISING, rises=True) == pytest.approx((190, 2.8))


def test_a_curve_that_never_gets_there_or_is_empty_has_no_time():
    assert first_on_target(0.95, RISING, rises=True) == (None, None)
    assert first_on_target(0.3, FALLING, rises=False) == (None, None)
    assert first_on_target(0.5, [], rises=True) == (None, None)
