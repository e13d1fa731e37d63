"""The losses and optimizers a workload can name, and how a run's are made.

The tables are readable without torch, so that a config is checked before anything slow is imported.
"""

LOSSES = {"cross_entropy": "CrossEntropyLoss"}

# name -> (class in torch.optim, the options a config may give it)
OPTIMIZERS = {
    "sgd": ("SGD", ("lr", "momentum", "weight_decay")),
    "adam": ("Adam", ("lr", "weight_decay")),
}


def make_loss(run):
    """Make the loss of a run: a callable (outputs, targets) -> scalar tensor, the mean over the batch."""
    import torch

    return getattr(torch.nn, LOSSES[run.loss])()


def make_optimizer(model, run):
    """Make the optimizer of a run over all parameters of `model`; its state is private to the calling process."""
    optimizer, options = optimizer_class(run)
    return optimizer(model.parameters(), **options)


def optimizer_class(run):
    """Give the class of a run's optimizer and its options, for those who do not make it from a model."""
    import torch

    options = dict(run.optimizer)
    optimizer, _ = OPTIMIZERS[options.pop("name")]
    return getattr(torch.optim, optimizer), options
