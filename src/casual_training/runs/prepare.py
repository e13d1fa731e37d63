"""The names of a run, each resolved once: its samples, pipeline, network, loss and metric."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from casual_training.plan.run import Run
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import models, pipelines
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.metrics import make_metric
from casual_training.workload.samples import Splits


@dataclass(frozen=True)
class PreparedRun:
    """A run with all that its names stand for. Workers, other processes, resolve loss and optimizer for themselves.

    `compute_loss` takes (outputs, targets) and returns the mean over a batch; `compute_metric` takes the same and
    returns the values of which the metric is the mean, or their mean.
    """

    run: Run
    splits: Splits
    data: Any  # a pipeline (workload/pipelines.py)
    model: torch.nn.Module
    compute_loss: Callable
    compute_metric: Callable


def prepare_run(run: Run, splits: Splits) -> PreparedRun:
    """Resolve the names of a run; the network has the initial weights of the run's seed.

    Args:
        run: the run.
        splits: its samples (workload/samples.py).

    Raises:
        UserCodeError: there are too few samples, or the user's own code raises or gives something else.
        ValueError: the samples do not fit into shared memory.
    """
    pipelines.require_batches(len(splits.train), run)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    torch.manual_seed(derived_seed(run.seed, INITIAL_WEIGHTS))
    return PreparedRun(run, splits, data, models.build(run.model), make_loss(run), make_metric(run))
