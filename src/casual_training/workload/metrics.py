"""The metric of a run: one of those here by name, or a function of the user's own; value by value."""

from collections.abc import Callable

import torch

from casual_training.config.references import is_user_code
from casual_training.plan.run import Run
from casual_training.workload import user_code


def make_metric(run: Run) -> Callable:
    """Make the metric of a run: a callable (outputs, targets) -> the values of which it is the mean, or their mean."""
    function = run.metric["function"]
    return user_code.load(function) if is_user_code(function) else globals()[function]


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return which answers are right: bool, of the targets' shape.

    Args:
        outputs: (B, classes) or (B, classes, T) logits, the largest of which is the answer; or, of the targets' own
            shape, one logit a target, above 0 for yes.
        targets: (B,) or (B, T) classes; or 0 and 1.
    """
    if outputs.shape == targets.shape:
        return (outputs > 0) == (targets > 0.5)
    return outputs.argmax(1) == targets


def mean_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the squared difference of each value; both are of one shape."""
    return (outputs - targets) ** 2


def mean_absolute_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the absolute difference of each value; both are of one shape."""
    return (outputs - targets).abs()
