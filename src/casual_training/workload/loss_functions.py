"""The loss of a run: one of torch's by name, or a function of the user's own."""

from collections.abc import Callable

import torch

from casual_training.config.names import LOSSES
from casual_training.config.references import is_user_code
from casual_training.plan.run import Run
from casual_training.workload import user_code


def make_loss(run: Run) -> Callable:
    """Make the loss of a run: a callable (outputs, targets) -> scalar tensor, the mean over the batch."""
    return user_code.load(run.loss) if is_user_code(run.loss) else getattr(torch.nn, LOSSES[run.loss])()
