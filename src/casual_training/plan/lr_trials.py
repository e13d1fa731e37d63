"""The tuned arm: every method, serial included, with the best of the same few learning rates.

Untuned, every method takes the workload's learning rate. A study that tunes tries some factors of it as well, each
once a configuration, in a run of its own on a seed that no run of the study has, so that a rate is never chosen on the
runs that measure it. The choice looks at validation data only. A tuned run reads its trials when it starts.
"""

import dataclasses
from collections.abc import Iterable

from casual_training.plan.run import Run

SUFFIX = "_tuned"  # of a method's name


def trials(run: Run, factors: Iterable[float], seed: int) -> list[Run]:
    """Return the trials of a configuration, one a factor.

    Args:
        run: any of the configuration's runs, untuned.
        factors: of the workload's learning rate, each above 0.
        seed: of the trials.
    """
    # A rate may be too high: that a trial diverges is an answer, and nothing to make again.
    return [dataclasses.replace(run, seed=seed, lr_factor=factor, expected_failure=True) for factor in factors]


def tuned(run: Run, factors: list[float], seed: int, target: float) -> Run:
    """Return the run that does what `run` does, with the learning rate that its trials choose.

    Args:
        run: an untuned run.
        factors: as of `trials`.
        seed: as of `trials`.
        target: the validation metric that counts as trained.
    """
    tune = {"factors": factors, "seed": seed, "target": target}
    return dataclasses.replace(run, method=run.method + SUFFIX, tune=tune)


def trials_of(run: Run) -> list[Run]:
    """Return the trials that choose a run's learning rate; none unless it is tuned."""
    if run.tune is None:
        return []
    as_is = dataclasses.replace(run, method=run.method.removesuffix(SUFFIX), tune=None)
    return trials(as_is, run.tune["factors"], run.tune["seed"])
