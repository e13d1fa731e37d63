"""Checks a config: closed keys and their types (models.py), then the names in it. Wrong is one sentence."""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from casual_training.config import references
from casual_training.config.catalogue import Catalogue
from casual_training.config.keys import require_plain
from casual_training.config.models import Config, Workload
from casual_training.config.names import LOSSES, METRICS, describe_metric
from casual_training.config.options import config_model
from casual_training.config.sentences import sentence


def parse(config: Any, catalogue: Catalogue) -> Config:
    """Return a config with every default filled in; keys and types are checked, the names in it are not.

    Raises:
        ValueError: one sentence that names the key, what is wrong with it and what to do.
    """
    try:
        return config_model(catalogue).model_validate(config)
    except ValidationError as error:
        raise ValueError(sentence(error, config)) from None


def validate(config: Any, catalogue: Catalogue) -> Config:
    """Check a merged config and return it with every default filled in.

    Raises:
        ValueError: one sentence that names the key, what is wrong with it and what to do.
    """
    checked = parse(config, catalogue)
    for key, value in config.items():
        require_plain(value, key)
    _check_study(checked)
    for kind, named in {"workloads": checked.workloads, "methods": checked.methods}.items():
        _check_folders(kind, named)
    for name, workload in checked.workloads.items():
        _check_workload(f"workloads.{name}", workload, checked, catalogue)
    return checked


def json_schema(catalogue: Catalogue) -> dict:
    """Return the JSON schema of a config, for editors; what it cannot say `validate` still checks."""
    return config_model(catalogue).model_json_schema()


def choose(name: str, known: Collection[str], where: str, advice: str = "") -> None:
    """Raise ValueError, with the names to choose from, unless `name` is known."""
    if name not in known:
        advice = f"{advice} choose from: {', '.join(sorted(known))}".strip()
        raise ValueError(f"config: unknown name {name!r} in {where}; {advice}")


def _check_study(config: Config) -> None:
    study = config.study
    for name in study.workloads:
        choose(name, config.workloads, "study.workloads", "add it under workloads: or")
    for name in study.methods:
        choose(name, config.methods, "study.methods", "add it under methods: or")
    for comparison in study.comparisons:
        choose(comparison.method, config.methods, "study.comparisons", "add it under methods: or")
        if config.methods[comparison.method].max_steps is not None:
            raise ValueError(
                f"config: study.comparisons names {comparison.method}, which never reaches a target, because only its "
                "throughput is measured (max_steps); declare another"
            )


def _check_folders(kind: str, named: Collection[str]) -> None:
    folded: dict[str, str] = {}
    for name in named:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise ValueError(
                f"config: {kind} {other!r} and {name!r} would share one results folder where upper and lower case are "
                "the same; rename one"
            )


def _check_workload(where: str, workload: Workload, config: Config, catalogue: Catalogue) -> None:
    plain = workload.model_dump()
    _choose_or_reference(plain["dataset"], catalogue.datasets, f"{where}.dataset")
    _choose_or_reference(plain["model"], catalogue.models, f"{where}.model")
    _choose_or_reference(plain["loss"], LOSSES, f"{where}.loss")
    metric = describe_metric(plain["loss"], plain["metric"])
    _choose_or_reference(metric["function"], METRICS, f"{where}.metric")
    if metric["name"] == "accuracy" and (workload.target or 0) >= 1:
        raise ValueError(f"config: {where}.target is {workload.target}, but must be below 1, as an accuracy is")
    for method in workload.methods or ():
        choose(method, config.methods, f"{where}.methods", "add it under methods: or")


def _choose_or_reference(named: str | dict, known: Collection[str], where: str) -> None:
    """Refuse a name that is neither known nor found in the user's own code, which is read and not imported."""
    if references.is_user_code(named):
        references.require_defined(named, where)
    else:
        choose(named, known, where, "give path/to/file.py:name, or")
