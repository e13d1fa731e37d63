"""The optimizer of a run: one of torch's by name, with its options."""

from typing import Any

import torch
from torch import nn

from casual_training.plan.run import Run

CLASSES = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def make_optimizer(model: nn.Module, run: Run) -> torch.optim.Optimizer:
    """Make the optimizer of a run over all parameters of `model`; its state is private to the calling process."""
    optimizer, options = optimizer_class(run)
    return optimizer(model.parameters(), **options)


def optimizer_class(run: Run) -> tuple[type[torch.optim.Optimizer], dict[str, Any]]:
    """Return the class of a run's optimizer and its options, for those who do not make it from a model."""
    options = dict(run.optimizer)
    return CLASSES[options.pop("name")], options
