"""How the learning rate of a tuned run is chosen from its trials, worked out by hand."""

import dataclasses

import pytest

from casual_training.plan.lr_trials import trials_of, tuned
from casual_training.records.record import FORMAT, Record, write_record
from casual_training.study.lr_choice import choose, chosen_factor, seconds_to_target
from training import make_run

SERIAL_RUN = make_run()
TARGET = 0.8


def trial(factor, reached=None, final=0.7, status="ok", higher_is_better=True) -> Record:
    """A trial that ends with `final`, and is on target after `reached` seconds if that is given."""
    run = dataclasses.replace(SERIAL_RUN, metric=SERIAL_RUN.metric | {"higher_is_better": higher_is_better})
    known = {"run": run, "status": status, "lr_factor": float(factor), "attempt": 1, "format": FORMAT}
    known |= {"started_at": "2026-11-28T10:00:00+00:00"}
    if status != "ok":
        return Record(**known, cause="the loss is nan")
    curve = [{"samples": 100, "seconds": reached, "validation_metric": TARGET}] if reached else []
    curve.append({"samples": 200, "seconds": 20.0, "validation_metric": final})
    return Record(**known, samples=200, samples_per_second=10.0, validation_metric=final, curve=curve)


def test_the_factor_that_reaches_the_target_earliest_is_chosen():
    assert choose([trial(0.5, 9.0, 0.9), trial(1, 7.0, 0.85), trial(2, 5.0, 0.81), trial(4, None, 0.79)], TARGET) == 2


def test_if_none_gets_there_the_best_final_metric_is_chosen():
    assert choose([trial(0.5, None, 0.5), trial(1, None, 0.7), trial(2, None, 0.6)], TARGET) == 1


def test_the_best_error_is_the_smallest():
    errors = [trial(factor, None, error, higher_is_better=False) for factor, error in ((0.5, 3.0), (1, 2.0), (2, 4.0))]
    assert choose(errors, TARGET) == 1


def test_a_trial_that_is_not_ok_is_not_chosen():
    assert choose([trial(1, None, 0.7), trial(4, status="diverged")], TARGET) == 1


@pytest.mark.parametrize("seconds", [5.0, None])
def test_of_equals_the_smallest_factor_is_chosen_in_whatever_order_they_come(seconds):
    assert choose([trial(2, seconds), trial(0.5, seconds), trial(1, seconds)], TARGET) == 0.5


@pytest.mark.parametrize("found", [[], [trial(0.5, status="failed")]])
def test_without_an_ok_trial_the_rate_stays_as_it_is(found):
    assert choose(found, TARGET) == 1


def test_a_trials_seconds_are_those_at_which_it_is_on_target():
    curve = [(100, 1.0, 0.6), (200, 2.5, 0.8), (300, 3.5, 0.875)]
    points = [dict(zip(("samples", "seconds", "validation_metric"), point, strict=True)) for point in curve]
    record = Record(**trial(2).model_dump(exclude={"curve", "run"}), run=SERIAL_RUN, curve=points)
    assert seconds_to_target(record, 0.75) == pytest.approx(2.125)
    assert seconds_to_target(record, 0.95) is None


def test_the_trials_of_a_tuned_run_are_read_from_their_folders(tmp_path):
    run = tuned(SERIAL_RUN, [0.5, 2.0], seed=7, target=TARGET)
    for one, record in zip(trials_of(run), [trial(0.5, 9.0), trial(2, 5.0)], strict=True):
        write_record(tmp_path / one.folder, record)
    assert chosen_factor(run, tmp_path) == 2
    (tmp_path / one.folder / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"rate-2/run.json cannot be read as a run"):
        chosen_factor(run, tmp_path)
