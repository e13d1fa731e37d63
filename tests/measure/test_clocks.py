import time

import pytest

from casual_training.measure.clocks import PhaseClock, process_start
from casual_training.records.record import PHASES


def test_phases_add_up_to_the_wall_time():
    clock = PhaseClock(time.perf_counter() - 5)
    clock.enter("load")
    time.sleep(0.01)
    clock.enter("evaluate")
    readings = clock.readings()
    assert sum(readings[f"{phase}_seconds"] for phase in PHASES) == pytest.approx(readings["wall_seconds"])
    assert readings["import_seconds"] == pytest.approx(5, abs=0.5)
    assert readings["load_seconds"] >= 0.01


def test_a_phase_can_begin_at_a_moment_that_has_passed():
    clock = PhaseClock(100.0)
    clock.enter("spawn", at=103.0)
    clock.enter("train", at=104.0)
    clock.enter("spawn", at=110.0)
    clock.enter("evaluate", at=110.5)
    assert clock.seconds["import"] == 3.0
    assert clock.seconds["spawn"] == 1.5
    assert clock.seconds["train"] == 6.0


def test_this_process_started_before_now_and_not_long_ago():
    assert 0 < time.perf_counter() - process_start() < 3600
