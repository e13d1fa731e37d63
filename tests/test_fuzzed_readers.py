"""Whatever stands in a file that is read, it is read or refused in one sentence: no traceback reaches a user."""

import copy
import json
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fake_study
from casual_training.analysis import charts, run_folders, steps
from casual_training.plan import study
from casual_training.config import read, validate
from casual_training.study import outcome
from casual_training.workload import idx_files

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -1, 0, 1, 2**63])
    | st.floats()
    | st.sampled_from([1e308, 5e-324, 0.0, -1.0])
    | st.text(max_size=8)
    | st.sampled_from(["ok", "cores", "auto", "sgd", "x.py:make", ":", "..:x", "2026-11-23T09:00:00"])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
DROPPED = object()
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


def changed(tree, draw):
    """Copy a tree of maps and lists with one place in it dropped or replaced by something else."""
    tree = copy.deepcopy(tree)
    inner = tree
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = draw(st.sampled_from(keys))
        if isinstance(inner[key], dict | list) and inner[key] and draw(st.integers(0, 3)):
            inner = inner[key]
            continue
        new = draw(JSON | st.just(DROPPED))
        if new is DROPPED:
            del inner[key]
        else:
            inner[key] = new
        return tree


def refusal(read, *arguments) -> str:
    """Call a reader; any exception but a ValueError of one line is the test's failure. "" if it raised none."""
    try:
        read(*arguments)
    except ValueError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples, each of which writes its file anew."""
    return tmp_path_factory.mktemp("fuzzed")


CONFIG = validate.validate(fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1], headline=[]))


@settings(max_examples=50)
@given(st.data())
def test_a_config_wrong_in_any_place_is_refused_in_one_sentence(data):
    said = refusal(lambda: json.dumps(validate.validate(changed(CONFIG, data.draw)), allow_nan=False))
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


STUDY = fake_study.make_config(
    workloads=["fashion_mnist-simple_nn", "on_a_device"],
    methods=["serial", "hogwild"],
    workers=[2],
    seeds=[1],
    headline=[{"method": "hogwild", "workers": 2}],
    tune=[0.5, 2],
    diagnose=True,
)
STUDY["methods"] |= {
    name: fake_study.METHOD
    | {"strategy": "device_switching", "threads": 1, "device": "accelerator", "switch": name == "switching"}
    for name in ("regular", "switching")
}
STUDY["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.8}
STUDY["workloads"]["on_a_device"] = fake_study.WORKLOAD | {"methods": ["regular", "switching"], "target": 0.8}
RUNS = [*study.schedule(STUDY), *study.plan_diagnoses(STUDY)]


def record_of(run) -> dict:
    record = fake_study.describe_run(run) | {"tuned": run.tune is not None, "lr_factor": run.lr_factor or 1.0}
    if run.strategy == "device_switching":
        record["details"] = {"pass_seconds": [1.0, 2.0, 3.0, 4.0], "bytes_moved": 1000}
    return record


@pytest.fixture(scope="module")
def project(folder):
    """A finished study that has every kind of run."""
    for run in RUNS:
        (folder / run.folder).mkdir(parents=True)
        (folder / run.folder / "run.json").write_text(json.dumps(record_of(run)))
        (folder / run.folder / "losses.csv").write_text("worker,step,seconds,samples,loss\n0,10,0.5,320,2.2\n")
    return folder


def analysed(root) -> None:
    """Make every table of a study; the charts are drawn from these alone."""
    steps.collect(STUDY, root)
    steps.compare(STUDY, root)
    steps.model_costs(STUDY, root)
    steps.examine(STUDY, root)
    steps.collect_diagnostics(STUDY, root)


def test_the_study_that_the_tests_damage_has_every_table(project):
    analysed(project)
    tables = {file.stem: file.read_text().splitlines() for file in (project / "results" / "default").glob("*.csv")}
    assert {name: len(lines) - 1 for name, lines in tables.items() if name != "claims"} == {
        "runs": 8,
        "ceilings": 1,
        "comparison": 8,
        "cost": 8,
        "diagnostics": 8,
        "switching": 4,
        "tuning": 8,
    }


@settings(max_examples=25)  # each makes all tables
@given(st.sampled_from(RUNS), st.data())
def test_a_damaged_run_json_is_read_or_refused_by_name(project, run, data):
    file = project / run.folder / "run.json"
    whole = file.read_bytes()
    try:
        file.write_text(json.dumps(changed(record_of(run), data.draw)))
        said = refusal(analysed, project)
        assert said == "" or str(project) in said
        assert outcome.closing_lines(RUNS, project, "snakemake").startswith("study default: ")
    finally:
        file.write_bytes(whole)


@settings(max_examples=400)
@given(st.sampled_from(RUNS), st.data())
def test_a_run_json_is_read_whole_or_refused_by_name(folder, run, data):
    (folder / "run.json").write_text(json.dumps(changed(record_of(run), data.draw)))
    said = refusal(run_folders.read_run, folder)
    assert said == "" or (str(folder / "run.json") in said and said.endswith("delete its folder, run it again"))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("validation_metric", 1e308),
        ("validation_metric", 5e-324),
        ("clocks.startup_seconds", 1e308),
        ("clocks.train_seconds", -1.0),
        ("samples", 10**30),
        ("samples", -1),
        ("samples", 1.5),
        ("workers", True),
        ("workers", 3),
        ("seed", 2),
        ("throughput_only", "false"),
        ("curve.0.samples", 0),
        ("curve.0.seconds", 0.0),
        ("worker_records.0.measures", []),
        ("worker_records.0.staleness", [None]),
        ("machine", "fast"),
        ("validation_metric", None),
    ],
)
def test_a_reading_that_no_run_can_have_is_refused_by_name(folder, part, value):
    record = record_of(next(run for run in RUNS if run.method == "hogwild" and not run.diagnose))
    (folder / "run.json").write_text(json.dumps(record))
    run_folders.read_run(folder)
    *outer, last = (int(key) if key.isdigit() else key for key in part.split("."))
    inner = record
    for key in outer:
        inner = inner[key]
    inner[last] = value
    (folder / "run.json").write_text(json.dumps(record))
    assert str(folder / "run.json") in refusal(run_folders.read_run, folder)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(100_000 * b"[")
@example(b'{"workers": ' + 5000 * b"9" + b"}")
def test_bytes_that_are_no_run_json_are_refused_by_name(folder, text):
    (folder / "run.json").write_bytes(text)
    assert str(folder / "run.json") in refusal(run_folders.read_run, folder)


HEADER = b"worker,step,seconds,samples,loss\n"
CELLS = SCALARS.map(str) | st.text(',"\n\r0123456789.-e \0', max_size=6)
ROWS = st.lists(st.lists(CELLS, max_size=7).map(",".join), max_size=4).map("\n".join)


@given(st.binary(max_size=60) | ROWS.map(lambda rows: HEADER + rows.encode("utf-8", "surrogatepass")))
@example(HEADER + b"0,1,2,3,4,5")
@example(HEADER + b"0,99999999999999999999,0.5,320,2.2")
@example(HEADER + b'0,1,"')
@example(b"")
@example(HEADER + b"0,10,0.5,320,inf")
@example(HEADER + b"0,10,0.5,320,nan")
@example(HEADER + b"0,10,0.5,320,1e308")
@example(HEADER + b"0,10,-inf,320,2.2")
@example(HEADER + b"0,10,0.5,,2.2")
@example(HEADER + b"0,10,0.5,9223372036854775807,2.2\n1,10,0.5,9223372036854775807,2.2")
@example(HEADER + b"0,10,0,0,0")
@example(HEADER + b"0,10,0.5,320,2.2")
def test_a_losses_csv_of_whatever_bytes_is_drawn_or_refused_by_name(folder, text):
    (folder / "losses.csv").write_bytes(text)
    said = refusal(draw_losses, folder)
    assert said == "" or str(folder / "losses.csv") in said


def draw_losses(folder) -> None:
    data = charts.losses_data(logs_of(folder))
    for figure in (charts.losses(data), charts.smoothed_losses(charts.smoothed_losses_data(data))):
        figure.draw_without_rendering()


@pytest.mark.parametrize("loss", ["inf", "nan", "", "1e308"])
def test_a_loss_that_is_no_figure_is_refused_by_name(folder, loss):
    (folder / "losses.csv").write_bytes(HEADER + b"0,10,0.5,320," + loss.encode())
    assert str(folder / "losses.csv") in refusal(draw_losses, folder)


def logs_of(folder):
    return run_folders.logged_losses(folder).assign(
        workload="w", method="m", workers=2, epochs=2.0, oversubscribed=False
    )


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
def test_an_idx_file_of_any_bytes_is_read_or_refused_by_name(folder, data):
    file = folder / "images"
    file.write_bytes(data)
    tracemalloc.start()
    try:
        said = refusal(idx_files.read, file)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    assert said == "" or str(file) in said
