"""The plan of a study: all its runs in the order of execution, and what it compares. Made once and passed down."""

import functools
import random
from dataclasses import dataclass

from casual_training.config.catalogue import Catalogue
from casual_training.config.models import Config
from casual_training.plan.comparisons import Comparisons, comparisons_of
from casual_training.plan.expand import Expansion
from casual_training.plan.run import Run
from casual_training.plan.runnable import refuse_impossible
from casual_training.plan.seeds import RUN_ORDER, derived_seed


@dataclass(frozen=True)
class Plan:
    """All that a study does, worked out from its config.

    `schedule` has the trials, runs and independent copies in the order in which they are executed; the diagnoses are
    made after all of them. `methods` are in the order of the study and of its workloads, the tuned ones last.
    """

    config: Config
    cores: int
    schedule: tuple[Run, ...]
    diagnoses: tuple[Run, ...]
    methods: tuple[str, ...]
    comparisons: dict[str, Comparisons]  # by workload

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.config.study.name

    @property
    def workloads(self) -> list[str]:
        """The workloads, in the order of the study."""
        return self.config.study.workloads

    @property
    def seeds(self) -> list[int]:
        """The seeds, in the order of execution."""
        return self.config.study.seeds

    @property
    def targets(self) -> dict[str, float | None]:
        """The validation metric that counts as trained, by workload in the order of the study, as the config has it."""
        return {name: self.config.workloads[name].target for name in self.workloads}

    @functools.cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs that are compared: without independent copies, trials and diagnoses."""
        return tuple(run for run in self.schedule if run.kind == "run")

    @functools.cached_property
    def independent_copies(self) -> tuple[Run, ...]:
        """The runs of independent copies, one a seed and workload with parallel methods."""
        return tuple(run for run in self.schedule if run.kind == "copies")

    @functools.cached_property
    def trials(self) -> tuple[Run, ...]:
        """The trials of learning rates (lr_trials.py), before all other runs."""
        return tuple(run for run in self.schedule if run.kind == "trial")

    @functools.cached_property
    def timed(self) -> tuple[Run, ...]:
        """Everything that is timed, in the order of execution."""
        return (*self.schedule, *self.diagnoses)

    @functools.cached_property
    def by_folder(self) -> dict[str, Run]:
        """Everything that is timed, by the folder that it writes to."""
        return {run.folder: run for run in self.timed}


def make_plan(config: Config, catalogue: Catalogue, cores: int) -> Plan:
    """Work out the plan of a study.

    Args:
        config: a valid config.
        catalogue: what it was checked with.
        cores: those of this machine; the config may name another number.

    Raises:
        ValueError: a run cannot be made: more workers than batches, fewer steps than workers, and the like.
    """
    cores = cores if config.machine.cores == "auto" else config.machine.cores
    expansion = Expansion(config, catalogue, cores)
    blocks = {seed: expansion.block(seed) for seed in config.study.seeds}
    methods = tuple(dict.fromkeys(run.method for run in blocks[config.study.seeds[0]] if run.kind == "run"))
    schedule = _shuffled(expansion.trials(), expansion.trial_seed)
    for seed, block in blocks.items():
        schedule += _shuffled(block, seed)
    for run in schedule:
        refuse_impossible(run, catalogue)
    runs = [run for run in schedule if run.kind == "run"]
    to_diagnose = [run for run in runs if run.seed == config.study.seeds[0]] if config.study.diagnose else []
    return Plan(
        config=config,
        cores=cores,
        schedule=tuple(schedule),
        diagnoses=tuple(expansion.diagnosis(run) for run in to_diagnose if not run.expected_failure and not run.tune),
        methods=methods,
        comparisons=comparisons_of(config, cores, sorted(runs, key=lambda run: methods.index(run.method))),
    )


def _shuffled(block: list[Run], seed: int) -> list[Run]:
    """Shuffle a block with its seed, so that a drift of the machine's speed meets every method alike, repeatably."""
    random.Random(derived_seed(seed, RUN_ORDER)).shuffle(block)
    return block
