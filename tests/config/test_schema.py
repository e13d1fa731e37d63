"""The JSON schema for editors comes from the models of the config, describes every key, and ships up to date."""

import json
import re

import pytest
import yaml
from project import REPOSITORY
from pydantic import WrapValidator

from casual_training.config.keys import Keys
from casual_training.config.options import config_model
from casual_training.config.read import read_config
from casual_training.config.validate import json_schema
from casual_training.study.load import catalogue, load_plan

SCHEMA = json_schema(catalogue())
OVERLAYS = sorted((REPOSITORY / "workflow" / "studies").glob("*.yaml"))
MAPS = {"config": SCHEMA} | SCHEMA["$defs"]
KEYS = [
    (f"{where}.{key}", key in part.get("required", []), schema)
    for where, part in MAPS.items()
    for key, schema in part.get("properties", {}).items()
]


def config_models() -> list[type[Keys]]:
    """Every closed map of the config, the methods of each strategy included."""
    found, waiting, config = [], [Keys], config_model(catalogue())
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        found += [model] if model.model_fields and model is not config else []
    return found


def test_the_schema_that_ships_is_that_of_the_models():
    shipped = json.loads((REPOSITORY / "workflow" / "schemas" / "config.schema.json").read_text())
    assert shipped == json.loads(json.dumps(SCHEMA)), "run `make schema`"


def test_the_schema_is_closed_at_every_level():
    assert len(MAPS) >= 15
    for where, part in MAPS.items():
        assert part["additionalProperties"] is False, where


def test_every_key_is_described():
    assert len(KEYS) >= 100
    for where, _, schema in KEYS:
        itself = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        assert itself["description"].rstrip().endswith("."), where


def test_every_optional_key_has_a_default():
    for where, is_required, schema in KEYS:
        assert is_required != ("default" in schema), where


@pytest.mark.parametrize("model", config_models(), ids=lambda model: model.__name__)
def test_every_key_says_what_it_expects_of_a_value(model):
    for name, field in model.model_fields.items():
        is_map = isinstance(field.annotation, type) and issubclass(field.annotation, Keys)
        is_of_a_union = name in ("strategy", "name")  # whose errors have sentences of their own
        assert is_map or is_of_a_union or any(isinstance(one, WrapValidator) for one in field.metadata), (model, name)


@pytest.mark.parametrize("strategy", sorted(catalogue().strategies))
def test_a_method_has_the_options_of_its_strategy_and_no_others(strategy):
    common = {key for key in SCHEMA["$defs"]["serial"]["properties"]}
    own = set(SCHEMA["$defs"][strategy]["properties"]) - common
    assert own == set(catalogue().strategies[strategy].options)


def config_of(*overlays):
    return read_config([REPOSITORY / "config.yaml", *overlays])


def test_every_key_of_the_default_study_is_in_the_schema():
    known = {where.rpartition(".")[2] for where, _, _ in KEYS}
    config = config_of()
    assert config.keys() | config["study"].keys() <= known


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.stem)
def test_a_study_that_ships_is_valid_and_named_after_its_file(overlay):
    assert load_plan(config_of(overlay)).name == overlay.stem


def test_the_number_of_runs_in_the_comment_is_right():
    text = (REPOSITORY / "config.yaml").read_text()
    seeds, workloads, serial, parallel, splits, runs = map(
        int, re.search(r"(\d+) x (\d+) x \((\d+) \+ (\d+) x (\d+)\) = (\d+) runs", text).groups()
    )
    plan = load_plan(config_of() | {"machine": {"cores": 2}})
    assert plan.name == "default"
    assert len(plan.runs) == runs == seeds * workloads * (serial + parallel * splits)
    assert len({run.seed for run in plan.runs}) == seeds
    assert len({run.workload for run in plan.runs}) == workloads
    assert len({run.method for run in plan.runs if run.strategy == "serial"}) == serial
    assert len({run.method for run in plan.runs if run.strategy != "serial"}) == parallel
    assert len({run.workers for run in plan.runs if run.strategy != "serial"}) == splits
    assert len(plan.independent_copies) == seeds * workloads


@pytest.mark.parametrize(
    ("text", "written"),
    [("1e-3", "1.0e-3"), ("2E5", "2.0e+5"), ("'0.5'", "0.5 without quotes"), ("'.5'", ".5 without")],
)
def test_a_number_that_yaml_reads_as_text_is_refused(text, written):
    config = config_of()
    config["workloads"]["fashion_mnist-simple_nn"]["optimizer"]["lr"] = yaml.safe_load(text)
    with pytest.raises(ValueError, match=rf"lr has .*is a text in YAML; write {re.escape(written)}"):
        load_plan(config)


@pytest.mark.parametrize(("text", "hint"), [("1e3", "write 1000)"), ("4", "write 4 without quotes)")])
def test_a_whole_number_as_text_is_refused_with_its_digits(text, hint):
    config = config_of()
    config["study"]["passes"] = text
    with pytest.raises(ValueError, match=re.escape(hint)):
        load_plan(config)


@pytest.mark.parametrize("text", ["2.5", "-3", "many"])
def test_a_text_that_is_no_right_number_gets_no_hint(text):
    config = config_of()
    config["study"]["passes"] = text
    with pytest.raises(ValueError, match=r"must be a whole number from 1 to 10000$"):
        load_plan(config)


def test_a_renamed_key_is_refused_with_its_new_name():
    config = config_of()
    config["study"]["headline"] = config["study"].pop("comparisons")
    with pytest.raises(ValueError, match=r"config: the key 'headline' in study is now 'comparisons'; rename it"):
        load_plan(config)


def test_another_optimizer_is_told_apart_by_its_name():
    config = config_of()
    config["workloads"]["fashion_mnist-simple_nn"]["optimizer"] = {"name": "adam", "lr": 0.001}
    (optimizer,) = {json.dumps(run.optimizer) for run in load_plan(config).runs}
    assert json.loads(optimizer) == {"name": "adam", "lr": 0.001, "weight_decay": 0.0}
