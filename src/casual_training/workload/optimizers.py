"""The optimizer of a run: one of torch's by name, with its options."""

import torch

CLASSES = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def make_optimizer(model, run):
    """Make the optimizer of a run over all parameters of `model`; its state is private to the calling process."""
    optimizer, options = optimizer_class(run)
    return optimizer(model.parameters(), **options)


def optimizer_class(run):
    """Return the class of a run's optimizer and its options, for those who do not make it from a model."""
    options = dict(run.optimizer)
    return CLASSES[options.pop("name")], options
