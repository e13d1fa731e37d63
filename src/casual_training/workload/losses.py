"""The loss of a run: one of torch's by name, or a function of the user's own."""

from casual_training.config.names import LOSSES
from casual_training.config.references import is_user_code
from casual_training.workload import user_code


def make_loss(run):
    """Make the loss of a run: a callable (outputs, targets) -> scalar tensor, the mean over the batch."""
    if is_user_code(run.loss):
        return user_code.load(run.loss)

    import torch

    return getattr(torch.nn, LOSSES[run.loss])()
