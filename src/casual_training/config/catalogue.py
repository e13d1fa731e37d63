"""What a config may name that lies in layers above this one; the caller passes it in (study/load.py)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StrategyFacts:
    """What a strategy's file says of it, of what a config or a plan depends on (strategies/__init__.py)."""

    options: dict[str, dict]  # name -> JSON schema with a default
    one_worker: bool
    synchronous: bool


@dataclass(frozen=True)
class DatasetFacts:
    """The sizes of one of our data sets; `available` are the training samples beside the validation samples."""

    available: int
    n_validation: int


@dataclass(frozen=True)
class Catalogue:
    """The strategies that methods may name, and the data sets and networks that workloads may name."""

    strategies: Mapping[str, StrategyFacts]
    datasets: Mapping[str, DatasetFacts]
    models: tuple[str, ...]
