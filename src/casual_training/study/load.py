"""From a config to the plan of its study, with what this machine and this version have. Imports no torch."""

import contextlib
import functools
from pathlib import Path
from typing import Any

from casual_training import strategies
from casual_training.config.catalogue import Catalogue, DatasetFacts, StrategyFacts
from casual_training.config.options import refuse_unusable
from casual_training.config.read import read_config
from casual_training.config.validate import parse, validate
from casual_training.measure import machine
from casual_training.plan.expand import config_of_one_run
from casual_training.plan.plan import Plan, make_plan
from casual_training.plan.run import COPIES_STRATEGY, Run
from casual_training.workload import models
from casual_training.workload.datasets import DATASETS

PROJECT = Path(__file__).resolve().parents[3]


@functools.cache
def catalogue() -> Catalogue:
    """Return what a config may name here."""
    known = {}
    for name in strategies.names():
        with contextlib.suppress(ValueError):  # a method that names it is refused with what is wrong with it
            known[name] = _facts(name)
    return Catalogue(
        strategies={name: facts for name, facts in known.items() if name != COPIES_STRATEGY},
        datasets={name: DatasetFacts(dataset.available, dataset.n_validation) for name, dataset in DATASETS.items()},
        models=tuple(models.names()),
    )


def _facts(strategy: str) -> StrategyFacts:
    """Return what a config depends on of a strategy; ValueError, one sentence, if its file cannot be read as one."""
    facts = strategies.facts(strategy)
    for option, schema in facts.options.items():
        refuse_unusable(f"{strategy}: OPTIONS[{option!r}]", schema)
    return facts


def load_plan(config: Any) -> Plan:
    """Check a config and work out its plan.

    Raises:
        ValueError: one sentence that names the key, what is wrong with it and what to do.
    """
    _refuse_broken_strategies(config)
    return make_plan(validate(config, catalogue()), catalogue(), machine.cores())


def load_checked(config: Any) -> Plan:
    """Work out the plan of a config that was checked before: the user's files may have changed since, or be gone."""
    return make_plan(parse(config, catalogue()), catalogue(), machine.cores())


def _refuse_broken_strategies(config: Any) -> None:
    """Raise ValueError, with what is wrong, if a method names a strategy whose file cannot be read as one."""
    methods = config.get("methods") if isinstance(config, dict) else None
    for method in methods.values() if isinstance(methods, dict) else ():
        name = method.get("strategy") if isinstance(method, dict) else None
        if name in strategies.names() and name not in catalogue().strategies and name != COPIES_STRATEGY:
            _facts(name)


def load_files(files: list[Path]) -> Plan:
    """Read config files, later ones over earlier ones, and work out the plan of their study."""
    return load_plan(read_config(files))


def one_run(config: Any, workload: str | None, method: str, workers: int, epochs: float, seed: int) -> tuple[Run, str]:
    """Return the run that somebody asks for by name, outside any study, and the folder of the config's data sets.

    Arguments and errors are those of expand.config_of_one_run.
    """
    _refuse_broken_strategies(config)
    checked = validate(config, catalogue())
    (run,) = load_plan(config_of_one_run(checked, catalogue(), workload, method, workers, epochs, seed)).runs
    return run, checked.machine.data_dir
