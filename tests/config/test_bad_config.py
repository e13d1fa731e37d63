"""A wrong config is refused in one sentence that names the key and says what to do, before anything is started."""

import copy
import math
import re

import pytest
import yaml
from project import REPOSITORY, TINY, snapshot

from casual_training.config.read import read_config
from casual_training.study.load import load_plan

WHAT_TO_DO = r"did you mean|known keys:|must be|choose from:|add it|give|rename|lower|declare another"
MISSING = object()
VALID = read_config([REPOSITORY / "config.yaml"]) | {"study": TINY["study"], "machine": {"cores": 2}}
VALID["workloads"] |= TINY["workloads"]


def config_with(key: str, value) -> dict:
    """The tiny study and the whole catalogue, valid but for one key, for instance "study.passes"."""
    config = copy.deepcopy(VALID)
    *maps, last = key.split(".")
    inner = config
    for name in maps:
        inner = inner[name]
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    return config


def refusal(config) -> str:
    with pytest.raises(ValueError) as error:
        load_plan(config)
    message = str(error.value)
    assert message.startswith("config: ")
    assert "\n" not in message
    assert re.search(WHAT_TO_DO, message), message
    return message


def test_the_config_that_the_tests_spoil_is_valid():
    assert load_plan(VALID).config.machine.model_dump() == {
        "cores": 2,
        "deadline_seconds": 600,
        "data_dir": "data",
        "log_interval": 10,
    }


@pytest.mark.parametrize(
    ("where", "misspelt", "meant"),
    [
        ("", "studdy", "study"),
        ("study", "worker", "workers"),
        ("study", "Seeds", "seeds"),
        ("workloads.sample", "batchsize", "batch_size"),
        ("workloads.sample.optimizer", "momemtum", "momentum"),
        ("methods.hogwild", "thread", "threads"),
        ("machine", "core", "cores"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_key_that_was_meant(where, misspelt, meant):
    message = refusal(config_with(f"{where}.{misspelt}".lstrip("."), 1))
    assert f"unknown key {misspelt!r} in {where or 'the top level'}" in message
    assert f"did you mean {meant!r}?" in message


@pytest.mark.parametrize(
    "where", ["study", "workloads.sample", "workloads.sample.optimizer", "methods.hogwild", "machine"]
)
@pytest.mark.parametrize("key", ["zzz", 1, None])
def test_an_unknown_key_is_refused_with_those_that_are_known(where, key):
    config = copy.deepcopy(VALID)
    inner = config
    for name in where.split("."):
        inner = inner[name]
    inner[key] = 1
    message = refusal(config)
    assert f"unknown key {key!r} in {where}; known keys: " in message


@pytest.mark.parametrize(
    "key",
    [
        "study",
        "workloads",
        "methods",
        *(f"study.{name}" for name in ("name", "workloads", "methods", "passes", "workers", "seeds")),
        *(f"workloads.sample.{name}" for name in ("dataset", "model", "loss", "batch_size", "optimizer")),
        "workloads.sample.optimizer.name",
        "workloads.sample.optimizer.lr",
        "methods.serial.strategy",
    ],
)
def test_a_missing_key_is_named_with_its_place(key):
    where, _, name = key.rpartition(".")
    assert f"the key {name!r} is missing in {where or 'the top level'}" in refusal(config_with(key, MISSING))


NUMBERS = {
    "study.passes": [0, -1, 10**9, 1.5, "4", True, None, math.nan, math.inf],
    "workloads.sample.batch_size": [0, -32, 32.5, "32", True, None, math.nan, math.inf],
    "workloads.sample.train_samples": [0, -1, 1.5, "all", True, math.nan, math.inf],
    "workloads.sample.optimizer.lr": [0, -0.1, "1e-3", True, None, math.nan, math.inf, -math.inf],
    "workloads.sample.optimizer.momentum": [-0.1, 1, "0.5", None, math.nan, math.inf],
    "workloads.sample.optimizer.weight_decay": [-1, "0", None, math.nan, math.inf],
    "methods.hogwild.threads": [0, -1, 1.5, "all", True, None, math.nan, math.inf],
    "machine.cores": [0, -2, 1025, 1.5, "all", True, None, math.nan, math.inf],
    "machine.deadline_seconds": [0, -1, "10 min", True, None, math.nan, math.inf],
    "machine.log_interval": [0, -1, 1.5, "10", True, None, math.nan, math.inf],
}
OTHERS = {
    "study": [None, [], "tiny"],
    "study.name": [None, 3, ""],
    "study.workloads": [None, [], "sample", {}],
    "study.methods": [None, [], "serial", {}, ["serial", "serial"]],
    "study.workers": [None, [], 2, [1, 1], [2, 2.0], ["cores", "cores"]],
    "study.seeds": [None, [], 1, [3, 3]],
    "workloads": [None, [], {}],
    "workloads.sample": [None, [], "mnist"],
    "workloads.sample.dataset": [None, 3, ["mnist"]],
    "workloads.sample.optimizer": [None, "sgd", []],
    "methods": [None, [], {}],
    "methods.hogwild": [None, "hogwild", ["hogwild"]],
    "methods.hogwild.input_pipeline": [None, "disk", 1],
    "methods.hogwild.expected_failure": [None, "yes", 1],
    "machine": [None, 2, []],
    "machine.data_dir": [None, "", 3],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in (NUMBERS | OTHERS).items() for value in values]
)
def test_a_value_of_the_wrong_kind_is_named_with_its_key(key, value):
    message = refusal(config_with(key, value))
    assert f"config: {key} " in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("study.workers", value) for value in (0, -1, 1.5, 1025, "all", "2", True, None, math.nan, math.inf)),
        *(("study.seeds", value) for value in (-1, 1.5, "one", True, None, math.nan, math.inf)),
        *(("study.methods", value) for value in (1, None, ["serial"])),
        *(("study.workloads", value) for value in (1, None, {})),
    ],
)
def test_a_wrong_item_of_a_list_is_named_with_its_place(key, value):
    good = TINY["study"][key.removeprefix("study.")]
    message = refusal(config_with(key, [*good, value]))
    assert f"{key}.{len(good)} has {value!r}" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("study.passes", 4.0),
        ("study.workers", [2.0]),
        ("study.seeds", [1.0]),
        ("workloads.sample.batch_size", 32.0),
        ("machine.cores", 2.0),
    ],
)
def test_a_whole_number_with_a_point_is_refused_or_whole(key, value):
    # Otherwise it goes into folder names, "seed-1.0", which no rule has.
    try:
        plan = load_plan(config_with(key, value))
    except ValueError:
        return
    for run in plan.schedule:
        assert "." not in run.folder
        assert {type(number) for number in (run.passes, run.batch_size, run.cores)} == {int}


@pytest.mark.parametrize(
    ("key", "name", "known"),
    [
        ("study.methods", ["hogwld"], "hogwild"),
        ("study.workloads", ["smaple"], "sample"),
        ("workloads.sample.dataset", "cifar", "fashion_mnist"),
        ("workloads.sample.model", "../simple_nn", "simple_nn"),
        ("workloads.sample.loss", "mse", "cross_entropy"),
        ("workloads.sample.optimizer.name", "sdg", "adam, sgd"),
        ("methods.hogwild.strategy", "hogwld", "hogwild"),
        ("methods.hogwild.strategy", "__init__", "hogwild"),
    ],
)
def test_an_unknown_name_is_refused_with_those_to_choose_from(key, name, known):
    message = refusal(config_with(key, name))
    (unknown,) = name if isinstance(name, list) else [name]
    assert f"unknown name {unknown!r} in {key}" in message
    assert known in message.partition("choose from: ")[2]


def test_the_strategy_of_independent_copies_is_no_method():
    message = refusal(config_with("methods.hogwild.strategy", "independent"))
    assert "unknown name 'independent' in methods.hogwild.strategy" in message
    assert "independent" not in message.partition("choose from: ")[2]


def test_an_option_of_another_optimizer_is_refused_with_its_own():
    message = refusal(config_with("workloads.sample.optimizer.name", "adam"))
    assert "'momentum' in workloads.sample.optimizer; adam has no such option" in message
    assert message.endswith("choose from: lr, weight_decay")


@pytest.mark.parametrize(
    "name",
    ["../x", "a/b", "a b", "</script>", "", ".", "..", "-x", "_x", "é", "a\nb", "a\n", "{x}", "x" * 61, 1, True],
)
@pytest.mark.parametrize("kind", ["study", "workloads", "methods"])
def test_a_name_that_is_no_plain_word_is_refused(kind, name):
    config = copy.deepcopy(VALID)
    if kind == "study":
        config["study"]["name"] = name
    else:
        config[kind][name] = next(iter(config[kind].values()))
    message = refusal(config)
    assert f"{kind}.name has {name!r}" in message or f"{kind} has {name!r}" in message


@pytest.mark.parametrize(("kind", "one", "other"), [("workloads", "sample", "Sample"), ("methods", "serial", "SERIAL")])
def test_two_names_that_differ_only_in_case_are_refused(kind, one, other):
    config = copy.deepcopy(VALID)
    config[kind][other] = config[kind][one]
    message = refusal(config)
    assert f"{kind} {one!r} and {other!r}" in message


def test_more_workers_than_batches_are_refused_with_both_numbers():
    config = config_with("workloads.sample.train_samples", 64)
    config["study"]["workers"] = [1, 2, 3]
    message = refusal(config)
    assert "workers (3) outnumber the whole batches (2) of 32" in message
    assert "lower study.workers or its batch_size" in message


def test_as_many_workers_as_batches_are_accepted():
    load_plan(config_with("workloads.sample.train_samples", 64))


def test_too_many_training_samples_are_refused_with_how_many_there_are():
    load_plan(config_with("workloads.sample.train_samples", 640))
    message = refusal(config_with("workloads.sample.train_samples", 641))
    assert "workloads.sample.train_samples is 641" in message
    assert "give at most 640" in message


@pytest.mark.parametrize("config", [None, [], "study", 3])
def test_a_config_that_is_no_mapping_is_refused(config):
    assert f"the top level has {config!r}, but must be keys and values" in refusal(config)


def test_validating_leaves_the_config_alone():
    config = copy.deepcopy(VALID)
    load_plan(config)
    assert config == VALID


def assert_refused(done, sentence):
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert re.findall(r"^.*config: .*$", done.stdout, re.M) == [line := done.stdout.strip().splitlines()[-1]]
    assert sentence in line


def test_snakemake_refuses_a_misspelt_key_and_starts_nothing(project):
    project.set("study.pases", 3)
    assert_refused(project.snakemake("--cores", "2"), "config: unknown key 'pases' in study; did you mean 'passes'?")
    assert not (project.root / "results").exists()
    assert not (project.root / "reports").exists()


def test_snakemake_refuses_a_number_that_is_none_in_a_dry_run(project):
    project.set("workloads.sample.optimizer.lr", math.nan)
    assert_refused(project.snakemake("--dry-run"), "config: workloads.sample.optimizer.lr is nan; give a finite number")
    assert not (project.root / "results").exists()


def test_a_wrong_config_leaves_finished_results_untouched(study):
    before = snapshot(study.root / "results") | snapshot(study.root / "reports")
    assert len(before) > 20
    study.set("study.workers", [0])
    assert_refused(study.snakemake("--cores", "2"), "study.workers.0 has 0, but must be")
    assert snapshot(study.root / "results") | snapshot(study.root / "reports") == before


@pytest.mark.parametrize(
    ("overlay", "arguments", "sentence"),
    [
        (
            {"methods": {"hogwild": {"thread": 1}}},
            [],
            "unknown key 'thread' in methods.hogwild; did you mean 'threads'?",
        ),
        ({}, ["--method", "hogwld"], "unknown name 'hogwld' in --method; choose from: ddp"),
        ({}, ["--workload", "smaple"], "unknown name 'smaple' in --workload; choose from: "),
        ({}, ["--deadline", "0"], "machine.deadline_seconds has 0"),
        ({}, ["--workers", "21"], "workers (21) outnumber the whole batches (20)"),
        ([1, 2], [], "wrong.yaml must hold keys and values"),
    ],
)
def test_a_single_run_refuses_the_same_and_writes_nothing(untouched, tmp_path, overlay, arguments, sentence):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(overlay))
    configs = [f"--config={file}" for file in ("config.yaml", "study.yaml", wrong)]
    done = untouched.python(
        "casual_training", "train", "--out", str(tmp_path / "out"), "--method", "hogwild", *configs, *arguments
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1), done.stdout
    assert sentence in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("epochs", ["nan", "inf", "-1", "1e9"])
def test_a_single_run_refuses_epochs_that_no_run_can_have(untouched, tmp_path, epochs):
    done = untouched.python(
        "casual_training", "train", "--out", str(tmp_path / "out"), "--method", "serial", f"--epochs={epochs}"
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1), done.stdout
    assert "--epochs" in done.stdout or "study.passes" in done.stdout
    assert not (tmp_path / "out").exists()


SPECIFIED = {"method": "hogwild", "workers": 2}


@pytest.mark.parametrize(
    ("comparisons", "words"),
    [
        ([SPECIFIED | {"workers": workers} for workers in range(1, 8)], "at most six different comparisons"),
        ([SPECIFIED, SPECIFIED], "at most six different comparisons"),
        ([SPECIFIED | {"method": "hogwild!"}], "unknown name 'hogwild!' in study.comparisons"),
        ([SPECIFIED | {"workers": 0}], "study.comparisons.0.workers has 0"),
        ([{"method": "hogwild"}], "the key 'workers' is missing in study.comparisons.0"),
        ([SPECIFIED | {"method": "ps_tutorial"}], "names ps_tutorial, which never reaches a target"),
    ],
)
def test_a_comparison_that_cannot_be_decided_is_not_declared(comparisons, words):
    message = refusal(config_with("study.comparisons", comparisons))
    assert words in message
