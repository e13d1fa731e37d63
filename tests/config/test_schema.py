"""The schema refuses what it does not know, describes what it does, and the files that ship obey it."""

import re

import pytest
import yaml
from project import REPOSITORY

from casual_training.plan import study
from casual_training.config import read, validate

SCHEMA = yaml.safe_load(validate.SCHEMA.read_text())
OVERLAYS = sorted((REPOSITORY / "workflow" / "studies").glob("*.yaml"))
# Which of them there are depends on the optimizer, and torch has the defaults.
OPTIMIZER_OPTIONS = {"momentum", "weight_decay"}


def schemas(part=SCHEMA, where="config"):
    """Walk all schemas inside the schema: (where, schema)."""
    if isinstance(part, dict):
        yield where, part
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, item in items:
        yield from schemas(item, f"{where}.{key}")


MAPS = [(where, part) for where, part in schemas() if part.get("type") == "object"]
KEYS = [
    (f"{where}.{key}", part.get("required", []), key, schema)
    for where, part in MAPS
    if "properties" in part
    for key, schema in part["properties"].items()
]


def test_the_schema_is_closed_at_every_level():
    assert len(MAPS) >= 8
    for where, part in MAPS:
        entries = part.get("additionalProperties")
        if "properties" in part:
            assert entries is False, where
        else:  # named entries: a plain word each, and a closed map behind it
            assert part["propertyNames"] == {"$ref": "#/$defs/plain_word"}, where
            assert entries.keys() == {"$ref"}, where


def test_every_key_is_described():
    assert len(KEYS) >= 20
    for where, _, _, schema in KEYS:
        assert schema["description"].endswith("."), where


def test_every_key_says_what_it_expects_of_a_value():
    for where, _, _, schema in KEYS:
        resolved = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        assert resolved["expected"], where


def test_every_optional_key_has_a_default():
    for where, required, key, schema in KEYS:
        if key not in OPTIMIZER_OPTIONS:
            assert (key in required) != ("default" in schema), where


def config_of(*overlays):
    return validate.validate(read.read_config([REPOSITORY / "config.yaml", *overlays]))


def test_the_default_study_is_valid():
    assert config_of()["study"]["name"] == "default"


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.stem)
def test_a_study_that_ships_is_valid_and_named_after_its_file(overlay):
    assert config_of(overlay)["study"]["name"] == overlay.stem


def test_the_number_of_runs_in_the_comment_is_right():
    text = (REPOSITORY / "config.yaml").read_text()
    seeds, workloads, serial, parallel, splits, runs = map(
        int, re.search(r"(\d+) x (\d+) x \((\d+) \+ (\d+) x (\d+)\) = (\d+) runs", text).groups()
    )
    config = config_of()
    config["machine"]["cores"] = 2
    planned = study.plan(config)
    assert len(planned) == runs == seeds * workloads * (serial + parallel * splits)
    assert len({run.seed for run in planned}) == seeds
    assert len({run.workload for run in planned}) == workloads
    assert len({run.method for run in planned if run.strategy == "serial"}) == serial
    assert len({run.method for run in planned if run.strategy != "serial"}) == parallel
    assert len({run.workers for run in planned if run.strategy != "serial"}) == splits
    assert len(study.plan_ceilings(config)) == seeds * workloads
