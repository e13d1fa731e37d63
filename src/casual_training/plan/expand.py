"""From a config to its runs: a block a seed with every method, split and workload, its tuned runs and its copies."""

import dataclasses
import itertools
import math

from casual_training.config.catalogue import Catalogue
from casual_training.config.models import Config, Method
from casual_training.config.names import describe_metric
from casual_training.config.validate import choose
from casual_training.plan import lr_trials
from casual_training.plan.run import COPIES_STRATEGY, Run

DIAGNOSED_STEPS = 200  # of each worker in a diagnosis
NOT_OF_A_RUN = {"target", "methods"}  # keys of a workload that no training depends on


class Expansion:
    """Expands a valid config into runs.

    Args:
        config: the config.
        catalogue: what it was checked with.
        cores: that the study may use.
    """

    def __init__(self, config: Config, catalogue: Catalogue, cores: int):
        self.config, self.catalogue, self.cores = config, catalogue, cores

    def block(self, seed: int) -> list[Run]:
        """List the runs of a seed, its independent copies among them, the tuned ones last."""
        untuned = self._untuned(seed)
        tuned = [
            lr_trials.tuned(run, self.config.study.tune, self.trial_seed, self.config.workloads[run.workload].target)
            for run in self._to_tune(untuned)
        ]
        return untuned + tuned

    def trials(self) -> list[Run]:
        """List the trials of learning rates (lr_trials.py).

        Raises:
            ValueError: a workload has no target to judge its trials by, or a method has the name of a tuned one.
        """
        study, to_tune = self.config.study, self._to_tune(self._untuned(self.config.study.seeds[0]))
        taken = {name.casefold() for name in self.config.methods}
        for run in to_tune:
            if self.config.workloads[run.workload].target is None:
                raise ValueError(
                    f"config: study.tune needs workloads.{run.workload}.target, by which its trials are judged; set "
                    "it, or leave study.tune empty"
                )
            if (run.method + lr_trials.SUFFIX).casefold() in taken:
                raise ValueError(
                    f"config: methods.{run.method + lr_trials.SUFFIX} has the name of {run.method} as study.tune tunes "
                    "it; rename it"
                )
        return [trial for run in to_tune for trial in lr_trials.trials(run, study.tune, self.trial_seed)]

    @property
    def trial_seed(self) -> int:
        """The smallest seed that no run of the study has."""
        return next(seed for seed in itertools.count() if seed not in self.config.study.seeds)

    @staticmethod
    def diagnosis(run: Run) -> Run:
        """Return the short run that takes the steps of a run apart."""
        steps = DIAGNOSED_STEPS * run.workers
        max_steps = steps if run.max_steps is None else min(steps, run.max_steps)
        return dataclasses.replace(run, diagnose=True, max_steps=max_steps, snapshots=1)

    def _to_tune(self, untuned: list[Run]) -> list[Run]:
        """Choose the runs that have a tuned counterpart: whole ones that nobody expects to fail."""
        whole = [run for run in untuned if run.kind == "run" and not run.throughput_only and not run.expected_failure]
        return whole if self.config.study.tune else []

    def _untuned(self, seed: int) -> list[Run]:
        """List the runs of a seed with the learning rate of their workload, its independent copies among them."""
        config, cores, block = self.config, self.cores, []
        # `cores` in the list of workers may repeat a number that is there already.
        workers = dict.fromkeys(cores if count == "cores" else count for count in config.study.workers)
        for workload in config.study.workloads:
            own = config.workloads[workload].methods
            names = config.study.methods if own is None else own
            if not all(self._has_one_worker(name) for name in names):
                copies = self.run(workload, "copies", Method(strategy=COPIES_STRATEGY, threads=1), cores, seed)
                block.append(dataclasses.replace(copies, snapshots=1))  # only its speed is of interest
            for name in names:
                for count in [1] if self._has_one_worker(name) else workers:
                    block.append(self.run(workload, name, config.methods[name], count, seed))
        return block

    def _has_one_worker(self, method: str) -> bool:
        return self.catalogue.strategies[self.config.methods[method].strategy].one_worker

    def run(self, workload: str, name: str, method: Method, workers: int, seed: int) -> Run:
        """Make one run.

        Args:
            workload: name of an entry of config.workloads.
            name: name the method goes by in results.
            method: its options, an entry of config.methods.
            workers: worker processes, 1 or more.
            seed: 0 or more.

        Raises:
            ValueError: a batch that the workers share has no sample for each.
        """
        config, cores = self.config, self.cores
        trained = config.workloads[workload].model_dump(exclude=NOT_OF_A_RUN)
        if method.batch == "global":
            if trained["batch_size"] < workers:
                raise ValueError(
                    f"config: methods.{name}.batch is global, but a batch_size of {trained['batch_size']} has no "
                    f"sample for each of {workers} workers; raise workloads.{workload}.batch_size or lower "
                    "study.workers"
                )
            trained["batch_size"] //= workers  # rounded down, or the default study would not run on 6 cores
        trained["metric"] = describe_metric(trained["loss"], trained["metric"])
        return Run(
            study=config.study.name,
            workload=workload,
            method=name,
            workers=workers,
            epochs=config.study.passes / workers,
            passes=config.study.passes,
            seed=seed,
            strategy=method.strategy,
            options=method.options,
            threads={"auto": max(1, cores // workers), "cores": cores}.get(method.threads, method.threads),
            cores=cores,
            input_pipeline=method.input_pipeline,
            sampling=method.sampling,
            omp_wait_policy=method.omp_wait_policy,
            max_steps=method.max_steps,
            expected_failure=method.expected_failure,
            log_interval=config.machine.log_interval,
            snapshots=config.study.snapshots,
            deadline_seconds=config.machine.deadline_seconds,
            **trained,
        )


def config_of_one_run(
    config: Config, catalogue: Catalogue, workload: str | None, method: str, workers: int, epochs: float, seed: int
) -> dict:
    """Return the config of a study of the one run that somebody asks for by name.

    Args:
        config: a valid config.
        catalogue: what it was checked with.
        workload: name of a workload; None is the study's first.
        method: name of a method.
        workers: worker processes, 1 or more.
        epochs: epochs of each worker; workers x epochs must be a whole number of passes, 1 or more.
        seed: 0 or more.

    Raises:
        ValueError: an unknown name, or numbers that do not fit.
    """
    workload = workload or config.study.workloads[0]
    choose(workload, config.workloads, "--workload")
    choose(method, config.methods, "--method")
    passes = round(workers * epochs) if math.isfinite(epochs) else 0
    if workers < 1 or seed < 0 or passes < 1 or abs(workers * epochs - passes) > 0.01:
        raise ValueError(
            f"--workers {workers} --epochs {epochs:g} --seed {seed} do not fit: workers is 1 or more, workers x epochs "
            "a whole number of passes, 1 or more, and seed 0 or more"
        )
    if catalogue.strategies[config.methods[method].strategy].one_worker and workers > 1:
        raise ValueError(f"--workers {workers} does not fit --method {method}, which has one worker")
    study = {"name": "single", "workloads": [workload], "methods": [method], "passes": passes}
    study |= {"workers": [workers], "seeds": [seed], "snapshots": config.study.snapshots}
    plain = config.model_dump()
    return plain | {"study": study, "workloads": {workload: plain["workloads"][workload] | {"methods": None}}}
