"""How good outputs are, value by value: what a workload can be judged by, by name."""

import torch


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Say which answers are right: bool, of the targets' shape.

    Args:
        outputs: (B, classes) or (B, classes, T) logits, the largest of which is the answer; or, of the targets' own
            shape, one logit a target, above 0 for yes.
        targets: (B,) or (B, T) classes; or 0 and 1.
    """
    if outputs.shape == targets.shape:
        return (outputs > 0) == (targets > 0.5)
    return outputs.argmax(1) == targets


def mean_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Give the squared difference of each value; both are of one shape."""
    return (outputs - targets) ** 2


def mean_absolute_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Give the absolute difference of each value; both are of one shape."""
    return (outputs - targets).abs()
