"""Refuses runs that cannot be made, although each key of the config is valid by itself."""

from casual_training.config.catalogue import Catalogue
from casual_training.config.references import is_user_code
from casual_training.plan.run import Run


def refuse_impossible(run: Run, catalogue: Catalogue) -> None:
    """Raise ValueError, one sentence, if a run cannot be made."""
    if not is_user_code(run.dataset):  # how many samples the user's own has is known when its factory is called
        _refuse_too_few_samples(run, catalogue)
    if run.sampling == "full" and run.passes % run.workers:
        raise ValueError(
            f"config: methods.{run.method}.sampling is full, so {run.workers} workers cannot share {run.passes} whole "
            "passes out evenly; make study.passes a multiple of them"
        )
    if run.sampling == "full" and catalogue.strategies[run.strategy].synchronous:
        raise ValueError(
            f"config: methods.{run.method}.sampling is full, but the workers of {run.strategy} go through every pass "
            "together and have none of their own; choose shard"
        )
    if run.options.get("test_inside_clock") and run.input_pipeline != "memory":
        raise ValueError(
            f"config: methods.{run.method}.test_inside_clock is for the pipeline in memory; give the method "
            "input_pipeline: memory"
        )
    if run.max_steps is not None and run.max_steps < run.workers:
        raise ValueError(
            f"config: methods.{run.method}.max_steps is {run.max_steps}, too few for {run.workers} workers to make a "
            "step each; raise it or lower study.workers"
        )


def _refuse_too_few_samples(run: Run, catalogue: Catalogue) -> None:
    dataset = catalogue.datasets[run.dataset]
    samples = dataset.available if run.train_samples is None else run.train_samples
    if samples > dataset.available:
        raise ValueError(
            f"config: workloads.{run.workload}.train_samples is {samples}, but {run.dataset} has only "
            f"{dataset.available} training samples beside its {dataset.n_validation} validation samples; give at most "
            f"{dataset.available}"
        )
    batches = samples // run.batch_size
    if run.workers > batches:
        raise ValueError(
            f"config: workers ({run.workers}) outnumber the whole batches ({batches}) of {run.batch_size} in the "
            f"{samples} training samples of {run.workload}; lower study.workers or its batch_size, or raise its "
            "train_samples"
        )
