"""A run.json is read back as it was written, or refused in one sentence that names it."""

import copy
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fake_study
from casual_training.records.record import FORMAT, Record, read_record, write_record
from casual_training.study.load import load_plan
from fuzzing import JSON, changed, refusal

CONFIG = fake_study.make_config(methods=["serial", "hogwild", "locked"], workers=[2], seeds=[1], diagnose=True)
CONFIG["study"] |= {"tune": [0.5, 2], "comparisons": []}
CONFIG["methods"]["locked"] = CONFIG["methods"]["hogwild"] | {"update": "locked"}
CONFIG["methods"]["switching"] = fake_study.METHOD | {
    "strategy": "device_switching",
    "threads": 1,
    "device": "accelerator",
    "switch": True,
}
CONFIG["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.8}
CONFIG["workloads"]["on_a_device"] = fake_study.WORKLOAD | {"methods": ["switching"], "target": 0.8}
CONFIG["study"]["workloads"] = ["fashion_mnist-simple_nn", "on_a_device"]
PLAN = load_plan(CONFIG)
HOGWILD = next(run for run in PLAN.runs if run.method == "hogwild")
DIAGNOSIS = next(run for run in PLAN.diagnoses if run.method == "hogwild")
SWITCHING = next(run for run in PLAN.runs if run.method == "switching")
TRIAL = next(run for run in PLAN.trials if run.lr_factor == 2)


def plain(run, **changes) -> dict:
    """The run.json of a run as plain values."""
    return json.loads(fake_study.make_record(run, **changes).model_dump_json())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples, each of which writes its file anew."""
    return tmp_path_factory.mktemp("run")


def read(folder, content) -> str:
    """Write a run.json and read it; "" if it is read, otherwise the sentence that refuses it and names it."""
    file = folder / "run.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    said = refusal(read_record, folder)
    assert said == "" or (str(file) in said and said.endswith("delete its folder, run it again"))
    return said


@pytest.mark.parametrize("run", PLAN.timed, ids=lambda run: run.folder)
def test_a_record_is_read_back_as_it_was_written(tmp_path, run):
    record = fake_study.make_record(run)
    write_record(tmp_path / run.folder, record)
    assert read_record(tmp_path / run.folder) == record
    assert read_record(tmp_path / run.folder).run == run


def test_a_record_that_is_not_ok_needs_no_more_than_its_cause(tmp_path):
    record = fake_study.make_record(HOGWILD, **fake_study.failed("failed", "worker 1 died"))
    write_record(tmp_path, record)
    assert (read_record(tmp_path).status, read_record(tmp_path).cause) == ("failed", "worker 1 died")
    least = {"run": HOGWILD, "status": "killed", "lr_factor": 1.0, "attempt": 1, "format": FORMAT}
    assert Record(**least, started_at="2026-11-23T09:00:00+00:00").samples is None


def test_the_deadline_bounds_a_run_and_is_not_of_its_record(tmp_path):
    write_record(tmp_path, fake_study.make_record(HOGWILD))
    assert "deadline_seconds" not in json.loads((tmp_path / "run.json").read_text())["run"]


def test_a_file_that_was_written_again_is_read_again(tmp_path):
    for cause in ("one", "another"):
        write_record(tmp_path, fake_study.make_record(HOGWILD, status="failed", cause=cause))
        assert read_record(tmp_path).cause == cause


def test_a_folder_without_a_result_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"run.json cannot be read as a run \(FileNotFoundError.*run it again"):
        read_record(tmp_path)


@pytest.mark.parametrize("format_", [3, 4, 6, "5", None])
def test_results_of_another_version_are_refused_in_one_sentence_that_says_so(folder, format_):
    of_version_0_1 = {"format": format_, "study": "default", "workload": "images", "method": "serial", "status": "ok"}
    for content in (of_version_0_1, plain(HOGWILD) | {"format": format_}):
        assert f"was written by another version (format {format_!r}; this one reads {FORMAT})" in read(folder, content)


@pytest.mark.parametrize("content", [b"", b'{"status": "ok"', b"[]", b"null", b"{}", b'{"format": 5}', b"\xff\xfe"])
def test_what_is_no_record_is_refused(folder, content):
    assert "cannot be read as a run" in read(folder, content)


NOTHING = object()


@pytest.mark.parametrize(
    ("run", "part", "value"),
    [
        (HOGWILD, "validation_metric", 1e308),
        (HOGWILD, "validation_metric", 5e-324),
        (HOGWILD, "validation_metric", float("nan")),
        (HOGWILD, "validation_metric", None),
        (HOGWILD, "samples", None),
        (HOGWILD, "samples_per_second", None),
        (HOGWILD, "clocks.startup_seconds", 1e308),
        (HOGWILD, "clocks.train_seconds", -1.0),
        (HOGWILD, "clocks.train_seconds", "1"),
        (HOGWILD, "clocks", []),
        (HOGWILD, "samples", 10**30),
        (HOGWILD, "samples", -1),
        (HOGWILD, "samples", 1.5),
        (HOGWILD, "samples", True),
        (HOGWILD, "status", "fine"),
        (HOGWILD, "started_at", "yesterday"),
        (HOGWILD, "started_at", NOTHING),
        (HOGWILD, "attempt", 3),
        (HOGWILD, "lr_factor", None),
        (HOGWILD, "interference_detected", 1),
        (HOGWILD, "run", NOTHING),
        (HOGWILD, "run.workers", True),
        (HOGWILD, "run.workers", "many"),
        (HOGWILD, "run.seed", NOTHING),
        (HOGWILD, "run.unknown", 1),
        (HOGWILD, "unknown", 1),
        (HOGWILD, "curve", 0.5),
        (HOGWILD, "curve", [0.5]),
        (HOGWILD, "curve.0.samples", 0),
        (HOGWILD, "curve.0.samples", 10**9),
        (HOGWILD, "curve.0.seconds", 0.0),
        (HOGWILD, "curve.0.validation_metric", NOTHING),
        (HOGWILD, "curve.0.validation_metric", None),
        (HOGWILD, "worker_records.0.samples", NOTHING),
        (HOGWILD, "worker_records.0.train_seconds", "long"),
        (HOGWILD, "worker_records.0.steps", None),
        (HOGWILD, "worker_records.0.measures", []),
        (HOGWILD, "worker_records.0.measures", {"lock_wait_seconds": {"count": 1}}),
        (HOGWILD, "worker_records.0.staleness", [None]),
        (HOGWILD, "machine", "fast"),
        (HOGWILD, "versions", {"torch": 2}),
        (HOGWILD, "details", None),
        (TRIAL, "lr_factor", 1.0),
        (DIAGNOSIS, "step_breakdown", None),
        (DIAGNOSIS, "step_breakdown.seconds.forward", NOTHING),
        (DIAGNOSIS, "step_breakdown.seconds.forward", "1"),
        (DIAGNOSIS, "step_breakdown.samples_per_second", None),
        (SWITCHING, "details", {}),
        (SWITCHING, "details.bytes_moved", None),
        (SWITCHING, "details.bytes_moved", 0.5),
        (SWITCHING, "details.pass_seconds", [0.0]),
        (SWITCHING, "details.pass_seconds", [1.0, None]),
    ],
)
def test_a_reading_that_no_run_can_have_is_refused(folder, run, part, value):
    whole = plain(run)
    assert read(folder, whole) == ""
    damaged = inner = copy.deepcopy(whole)
    *outer, last = (int(key) if key.isdigit() else key for key in part.split("."))
    for key in outer:
        inner = inner[key]
    if value is NOTHING:
        del inner[last]
    else:
        inner[last] = value
    assert "cannot be read as a run" in read(folder, damaged)


@pytest.mark.parametrize("run", [HOGWILD, DIAGNOSIS, SWITCHING])
def test_what_is_not_ok_may_lack_what_an_ok_run_has(folder, run):
    nothing = {"details": {}, "step_breakdown": None} | fake_study.failed("killed", "out of memory")
    assert read(folder, plain(run, **nothing)) == ""


def test_milliseconds_a_step_are_those_of_the_worker_that_made_most():
    workers = [fake_study.make_worker(HOGWILD, rank, steps=steps) for rank, steps in enumerate((100, 400))]
    clocks = {"train_seconds": 2.0}
    assert fake_study.make_record(HOGWILD, worker_records=workers, clocks=clocks).step_ms == 5.0
    assert fake_study.make_record(HOGWILD, worker_records=[], clocks=clocks).step_ms is None
    assert fake_study.make_record(HOGWILD, worker_records=workers, clocks={}).step_ms is None


@settings(max_examples=400)
@given(st.sampled_from(PLAN.timed), st.data())
def test_a_run_json_damaged_in_any_place_is_read_or_refused(folder, run, data):
    read(folder, changed(plain(run), data.draw))


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(100_000 * b"[")
@example(b'{"format": ' + 5000 * b"9" + b"}")
def test_bytes_that_are_no_run_json_are_refused(folder, text):
    assert read(folder, text)
