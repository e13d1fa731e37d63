"""The diagnostics say what the runs recorded: medians over ok seeds, per step, shares of a step."""

import dataclasses

import pytest

import fake_study
from casual_training.analysis.tables.diagnostics import COLUMNS, diagnostics
from casual_training.records.record import PARTS, Record

HOGWILD = next(run for run in fake_study.make_plan(seeds=[1]).runs if (run.method, run.workers) == ("hogwild", 2))


def worker(steps=10, train_seconds=2.0, staleness=(), **measures):
    found = {name: {"count": count, "sum": total} for name, (count, total) in measures.items()}
    return fake_study.make_worker(
        HOGWILD, steps=steps, train_seconds=train_seconds, staleness=list(staleness), measures=found
    )


def run(workers=2, seed=1, status="ok", records=(), diagnose=False, **more) -> Record:
    planned = dataclasses.replace(HOGWILD, workers=workers, epochs=4 / workers, seed=seed, diagnose=diagnose)
    figures = {"overlap": 0.9, "samples_per_second": 1000.0, "worker_records": list(records)}
    return fake_study.make_record(planned, **(figures | {"status": status} | more))


def diagnosed(seconds=(1, 2, 4, 0, 2, 1), speed=900.0, lost=0.25, **more) -> Record:
    found = {"seconds": dict(zip(PARTS, seconds, strict=True)), "samples_per_second": speed, "lost_updates": lost}
    return run(diagnose=True, step_breakdown=found, **more)


def only(table):
    (row,) = table.itertuples()
    return row


def test_waiting_is_given_per_step_of_all_workers():
    records = [
        worker(steps=10, lock_wait_seconds=(10, 0.3), lock_hold_seconds=(10, 0.1)),
        worker(steps=30, lock_wait_seconds=(30, 0.5), lock_hold_seconds=(30, 0.3)),
    ]
    row = only(diagnostics([run(records=records)], []))
    assert row.lock_wait_seconds_per_step == pytest.approx(0.8 / 40)
    assert row.lock_hold_seconds_per_step == pytest.approx(0.4 / 40)


def test_a_round_trip_is_a_mean_and_communication_a_share_of_time():
    calls = {"round_trip_seconds": (4, 0.8), "payload_bytes": (4, 4000), "communication_seconds": (10, 0.5)}
    row = only(diagnostics([run(records=[worker(**calls), worker(**calls)])], []))
    assert row.round_trip_seconds == pytest.approx(0.2)
    assert row.payload_bytes_per_step == 400
    assert row.communication_seconds_per_step == pytest.approx(0.05)
    assert row.communication_share == pytest.approx(1.0 / 4.0)


def test_staleness_is_the_mean_over_all_updates_of_all_workers():
    row = only(diagnostics([run(records=[worker(staleness=[5, 3]), worker(staleness=[0, 1, 0, 1])])], []))
    assert row.staleness_mean == pytest.approx((3 * 1 + 1 * 1 + 1 * 3) / 10)


def test_the_figure_of_a_configuration_is_the_median_of_its_ok_seeds():
    seeds = [run(seed=seed, overlap=overlap, records=[worker()]) for seed, overlap in ((1, 0.9), (2, 0.7), (3, 0.8))]
    failed = run(seed=4, status="failed", overlap=None, records=[])
    row = only(diagnostics([*seeds, failed], []))
    assert (row.n_ok, row.overlap) == (3, 0.8)


def test_what_was_not_measured_is_empty():
    row = only(diagnostics([run(workers=1, records=[fake_study.make_worker(HOGWILD, steps=0, staleness=[])])], []))
    assert row.diagnosis == ""
    others = set(COLUMNS) - {"workload", "method", "workers", "epochs", "n_ok", "diagnosis"}
    assert all(getattr(row, column) != getattr(row, column) for column in others)


def test_a_configuration_without_an_ok_run_keeps_its_row():
    row = only(diagnostics([run(status="failed", overlap=None)], []))
    assert (row.method, row.n_ok) == ("hogwild", 0)


def test_the_parts_of_a_step_are_shares_that_add_up_to_1():
    row = only(diagnostics([run(records=[worker()])], [diagnosed()]))
    shares = [row.data_of_step, row.forward_of_step, row.backward_of_step, row.communication_of_step]
    shares += [row.update_of_step, row.other_of_step]
    assert shares == [0.1, 0.2, 0.4, 0.0, 0.2, 0.1]
    assert (row.diagnosis, row.lost_updates, row.diagnosed_speed) == ("ok", 0.25, 0.9)


def test_a_part_that_no_worker_was_seen_in_is_empty():
    row = only(diagnostics([run(records=[worker()])], [diagnosed((1, None, None, 8, None, 1))]))
    assert (row.data_of_step, row.communication_of_step, row.other_of_step) == (0.1, 0.8, 0.1)
    assert all(row != row for row in (row.forward_of_step, row.backward_of_step, row.update_of_step))


def test_the_speed_while_diagnosed_is_relative_to_the_seeds_run():
    runs = [run(seed=seed, samples_per_second=speed, records=[worker()]) for seed, speed in ((1, 1800.0), (2, 900.0))]
    assert only(diagnostics(runs, [diagnosed(seed=1)])).diagnosed_speed == 0.5
    assert only(diagnostics(runs[1:], [diagnosed(seed=1)])).diagnosed_speed != 0.5


def test_a_diagnosis_that_failed_says_why_and_nothing_else():
    row = only(diagnostics([run(records=[worker()])], [run(status="failed", cause="worker 1 died")]))
    assert row.diagnosis == "failed: worker 1 died"
    assert row.data_of_step != row.data_of_step


def test_without_runs_the_table_has_its_columns_and_no_rows():
    found = diagnostics([], [])
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == COLUMNS


def test_every_part_of_a_step_has_a_column():
    assert [column for column in COLUMNS if column.endswith("_of_step")] == [f"{part}_of_step" for part in PARTS]
