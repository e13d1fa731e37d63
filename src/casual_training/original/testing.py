"""How good a trained network is on a loader's samples."""

import torch

from casual_training.original.check_arguments import check_model, find_device, first_batch


@torch.inference_mode()
def test(model: torch.nn.Module, device: str | torch.device, test_dataloader) -> tuple[float, float]:
    """Print and return the accuracy and the loss of `model`, which is left on `device` and in eval mode.

    Right here and wrong in the original: the loss is a mean over samples, whatever the size of the batches.

    Args:
        model: maps a batch of inputs to logits or log-probabilities, (B, classes).
        device: "cpu", "cuda" or "mps".
        test_dataloader: gives batches (inputs, targets), targets (B,) int64.

    Returns:
        (accuracy in [0, 1], mean cross entropy).

    Raises:
        ValueError: the device is not there, or the loader gives something else than (inputs, targets).
    """
    device = find_device(device)
    check_model(model)
    first_batch("test_dataloader", test_dataloader)
    model.to(device).eval()
    samples, correct, total_loss = 0, 0, 0.0
    for inputs, targets in test_dataloader:
        outputs, targets = model(inputs.to(device)), targets.to(device)
        samples += len(targets)
        correct += (outputs.argmax(1) == targets).sum().item()
        total_loss += torch.nn.functional.cross_entropy(outputs, targets, reduction="sum").item()
    accuracy, loss = correct / samples, total_loss / samples
    print(f"test: loss {loss:.4f}, accuracy {accuracy:.2%} ({correct:,} of {samples:,})", flush=True)
    return accuracy, loss
