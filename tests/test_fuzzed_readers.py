"""Whatever stands in a file that is read, it is read or refused in one sentence: no traceback reaches a user."""

import json
import tracemalloc
from graphlib import TopologicalSorter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fake_study
from casual_training.analysis import make, parts
from casual_training.analysis.charts import losses, losses_smoothed
from casual_training.analysis.logged_losses import logged_losses
from casual_training.analysis.study_folder import StudyFolder
from casual_training.config import read
from casual_training.study import outcome
from casual_training.study.load import load_plan
from casual_training.workload import idx_files
from fuzzing import changed, refusal

# What YAML is made of, and what its reader in Python stumbles over.
YAML_TOKENS = (
    st.sampled_from("ab1.&*[]{}'\"#%|>!@~=\t\n\0é")
    | st.sampled_from(
        [
            "!!bool ",
            "!!int ",
            "!!float ",
            "!!timestamp ",
            "!!binary ",
            "!!set ",
            "!!omap ",
            "0b_",
            "1:2:3",
            "2026-13-99",
        ]
    )
    | st.sampled_from(
        ["&x ", "*x", "<<: ", ": ", ", ", "? ", "- ", "  ", "---\n", "2026-01-01", "1e999", ".nan", "study"]
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples, each of which writes its file anew."""
    return tmp_path_factory.mktemp("fuzzed")


PLAN = fake_study.make_plan(methods=["serial", "hogwild"], workers=[2], seeds=[1], comparisons=[])
CONFIG = PLAN.config.model_dump(mode="json")


@settings(max_examples=50)
@given(st.data())
def test_a_config_wrong_in_any_place_is_refused_in_one_sentence(data):
    config = changed(CONFIG, data.draw)
    said = refusal(lambda: json.dumps(load_plan(config).config.model_dump(mode="json"), allow_nan=False))
    assert said == "" or said.startswith("config: ")


@given(st.binary(max_size=40) | st.lists(YAML_TOKENS, max_size=12).map(lambda tokens: "".join(tokens).encode()))
@example(b"a: !!bool maybe")
@example(b"a: !!timestamp never")
@example(b"a: !!int ''")
@example(b"a: 2026-13-99")
@example(b"a: " + 5000 * b"9")
@example(b"&a {b: *a}")
@example(b"a: &a [*a]")
@example(3000 * b"[")
def test_bytes_that_are_no_config_are_refused_by_name(folder, text):
    file = folder / "mine.yaml"
    file.write_bytes(text)
    said = refusal(read.read_config, [file])
    assert said == "" or str(file) in said


def every_kind() -> dict:
    """Make the config of a study that has every kind of run."""
    config = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1], tune=[0.5, 2], diagnose=True)
    config["study"] |= {"comparisons": [{"method": "hogwild", "workers": 2}]}
    config["study"]["workloads"] = ["fashion_mnist-simple_nn", "on_a_device"]
    config["methods"] |= {
        name: fake_study.METHOD
        | {"strategy": "device_switching", "threads": 1, "device": "accelerator", "switch": name == "switching"}
        for name in ("regular", "switching")
    }
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.8}
    config["workloads"]["on_a_device"] = fake_study.WORKLOAD | {"methods": ["regular", "switching"], "target": 0.8}
    return config


STUDY = load_plan(every_kind())


@pytest.fixture(scope="module")
def project(folder):
    """A finished study that has every kind of run."""
    fake_study.write_study(folder, STUDY)
    return folder


HEADER = b"worker,step,seconds,samples,loss\n"


@settings(max_examples=25)  # each is drawn
@given(st.lists(st.tuples(*[st.integers(0, 2**52)] * 3, st.floats(-1e99, 1e99)), max_size=4))
@example([(0, 0, 0, 0.0)])
@example([(10, 1, 320, 2.2)])
def test_losses_of_whatever_figures_are_drawn(folder, rows):
    lines = "".join(f"{index % 2},{step},{seconds},{n},{loss}\n" for index, (step, seconds, n, loss) in enumerate(rows))
    (folder / "losses.csv").write_bytes(HEADER + lines.encode())
    draw_losses(folder)


def draw_losses(folder) -> None:
    """Draw both charts of the losses of one run."""
    about = {"workload": "w", "method": "m", "workers": 2, "epochs": 2.0, "oversubscribed": False}
    study, merged = StudyFolder(STUDY, folder), losses.merged(logged_losses(folder).assign(**about))
    losses.draw(merged, study).draw_without_rendering()
    losses_smoothed.draw(losses_smoothed.smoothed(merged), study).draw_without_rendering()


def make_tables(root) -> None:
    """Make every table of a study, and its verdict; the charts are drawn from these and the losses alone."""
    study = StudyFolder(STUDY, root)
    inputs = {
        name: parts.literals("tables").keys() & found["INPUTS"] for name, found in parts.literals("tables").items()
    }
    for name in TopologicalSorter(inputs).static_order():
        make.make_table(study, name)
    make.write_verdict(study)


def test_the_study_that_the_tests_damage_has_every_table(project):
    make_tables(project)
    tables = {file.stem: file.read_text().splitlines() for file in (project / "results" / "default").glob("*.csv")}
    assert {name: len(lines) - 1 for name, lines in tables.items() if name != "claims"} == {
        "runs": 8,
        "independent_copies": 1,
        "comparison": 8,
        "cost": 8,
        "diagnostics": 8,
        "provenance": 9,
        "switching": 4,
        "tuning": 8,
    }


@settings(max_examples=25)  # each makes all tables
@given(st.sampled_from(STUDY.timed), st.data())
def test_tables_of_a_damaged_run_json_are_made_or_refused_by_name(project, run, data):
    file = project / run.folder / "run.json"
    whole = file.read_bytes()
    try:
        file.write_text(json.dumps(changed(json.loads(whole), data.draw)))
        said = refusal(make_tables, project)
        assert said == "" or str(project) in said
        assert outcome.closing_lines(STUDY.timed, project, "snakemake").startswith("study default: ")
    finally:
        file.write_bytes(whole)


@given(
    st.binary(max_size=40)
    | st.tuples(st.sampled_from([1, 3]), st.binary(max_size=40)).map(
        lambda parts: bytes([0, 0, 8, parts[0]]) + parts[1]
    )
)
@example(b"\0\0\x08\x03" + 12 * b"\xff")
@example(b"\0\0\x08\x01" + 4 * b"\xff" + 20 * b"\0")
@example(b"\0\0\x08\x03" + 4 * b"\xff" + 8 * b"\0")
@example(b"\0\0\x08\x03" + 12 * b"\0")
def test_an_idx_file_of_whatever_bytes_is_read_or_refused_by_name(folder, data):
    file = folder / "images"
    file.write_bytes(data)
    tracemalloc.start()
    try:
        said = refusal(idx_files.read, file)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    assert said == "" or str(file) in said
