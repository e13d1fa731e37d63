"""From a config to the plan of its study, with what this machine and this version have. Imports no torch."""

import functools
from pathlib import Path
from typing import Any

from casual_training import strategies
from casual_training.config.catalogue import Catalogue, DatasetFacts
from casual_training.config.read import read_config
from casual_training.config.validate import validate
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
    return Catalogue(
        strategies={name: strategies.facts(name) for name in strategies.names() if name != COPIES_STRATEGY},
        datasets={name: DatasetFacts(dataset.n_train, dataset.n_validation) for name, dataset in DATASETS.items()},
        models=tuple(models.names()),
    )


def load_plan(config: Any) -> Plan:
    """Check a config, as read or as it was checked before, and work out its plan.

    Raises:
        ValueError: one sentence that names the key, what is wrong with it and what to do.
    """
    return make_plan(validate(config, catalogue()), catalogue(), machine.cores())


def load_files(files: list[Path]) -> Plan:
    """Read config files, later ones over earlier ones, and work out the plan of their study."""
    return load_plan(read_config(files))


def one_run(config: Any, workload: str | None, method: str, workers: int, epochs: float, seed: int) -> tuple[Run, str]:
    """Return the run that somebody asks for by name, outside any study, and the folder of the config's data sets.

    Arguments and errors are those of expand.config_of_one_run.
    """
    checked = validate(config, catalogue())
    (run,) = load_plan(config_of_one_run(checked, catalogue(), workload, method, workers, epochs, seed)).runs
    return run, checked.machine.data_dir
