"""How good a trained network is: its metric and loss on data it was not trained on, after the clock has stopped."""

import torch

from casual_training.workload.losses import make_loss
from casual_training.workload.metrics import make_metric

BATCH = 100  # samples at a time; more do not fit the caches and take longer, fewer cost calls


@torch.inference_mode()
def evaluate(model, inputs: torch.Tensor, targets: torch.Tensor, run) -> tuple[float, float]:
    """Return (metric, loss) of `model` in eval mode, so without dropout; both are means over the samples.

    Args:
        model: maps a batch of inputs to outputs.
        inputs: (N, ...) as the network takes them.
        targets: (N, ...) as the loss takes them.
        run: names the loss and the metric.
    """
    model.eval()
    compute_loss, compute_metric = make_loss(run), make_metric(run)
    total_metric = total_loss = 0.0
    for some_inputs, some_targets in zip(inputs.split(BATCH), targets.split(BATCH), strict=True):
        outputs = model(some_inputs)
        values = torch.as_tensor(compute_metric(outputs, some_targets))
        # In this order, so that a count of right answers stays a whole number.
        total_metric += values.sum(dtype=torch.float64).item() * len(some_targets) / values.numel()
        total_loss += compute_loss(outputs, some_targets).item() * len(some_targets)
    return total_metric / len(targets), total_loss / len(targets)
