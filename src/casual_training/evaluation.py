"""How good a trained network is: accuracy and loss on data it was not trained on, after the clock has stopped."""

import numpy
import torch

from casual_training.datasets import Dataset, normalise
from casual_training.optimization import make_loss

BATCH = 100  # images at a time; more do not fit the caches and take longer, fewer cost calls


@torch.inference_mode()
def evaluate(model, images: numpy.ndarray, labels: numpy.ndarray, dataset: Dataset, run) -> tuple[float, float]:
    """Give (accuracy in [0, 1], mean loss) of `model` in eval mode, so without dropout.

    Args:
        model: maps (B, 1, 28, 28) float32 to (B, classes) logits.
        images: (N, 28, 28) uint8.
        labels: (N,) int64.
        dataset: says how its images are normalised.
        run: names the loss.
    """
    model.eval()
    compute_loss = make_loss(run)
    correct = total_loss = 0.0
    for start in range(0, len(labels), BATCH):
        inputs = torch.from_numpy(normalise(images[start : start + BATCH], dataset))
        targets = torch.from_numpy(labels[start : start + BATCH])
        outputs = model(inputs)
        correct += (outputs.argmax(1) == targets).sum().item()
        total_loss += compute_loss(outputs, targets).item() * len(targets)
    return correct / len(labels), total_loss / len(labels)
