"""Plain training, one network on one device, with a line of progress."""

import sys
import time

import torch

from casual_training.original import check_arguments
from casual_training.original.testing import test


def train_plain(
    model: torch.nn.Module, train_loader, test_loader, device: str | torch.device, epochs: int
) -> tuple[float, float, float]:
    """Train `model` with SGD (lr 0.001, momentum 0.9, as the original did), then test it.

    Args:
        model: maps a batch of inputs to logits, (B, classes or more).
        train_loader: gives batches (inputs, targets).
        test_loader: the same for the test.
        device: "cpu", "cuda" or "mps"; the model stays there.
        epochs: passes over the training loader.

    Returns:
        (accuracy in [0, 1], mean loss, seconds of the evaluation), which are also printed.

    Raises:
        ValueError: the device is not there, or a loader gives something else than (inputs, targets).
    """
    check_arguments.check_count("epochs", epochs)
    device = check_arguments.find_device(device)
    check_arguments.check_model(model)
    check_arguments.first_batch("train_loader", train_loader)
    check_arguments.first_batch("test_loader", test_loader)
    model.to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    for epoch in range(1, epochs + 1):
        for batch, (inputs, targets) in enumerate(train_loader, start=1):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            where = f"epoch {epoch} of {epochs}, batch {batch:,} of {len(train_loader):,}"
            _show(where, loss, is_last=batch == len(train_loader))
    started = time.perf_counter()
    accuracy, mean_loss = test(model, device, test_loader)
    seconds = time.perf_counter() - started
    print(f"evaluation: {seconds:.2f} s", flush=True)
    return accuracy, mean_loss, seconds


def _show(where: str, loss: torch.Tensor, is_last: bool) -> None:
    """Write over the line of progress of a terminal; elsewhere, print only how an epoch ended."""
    if sys.stderr.isatty():
        print(f"\r{where}: loss {loss.item():.4f} ", end="\n" if is_last else "", file=sys.stderr, flush=True)
    elif is_last:
        print(f"{where}: loss {loss.item():.4f}", file=sys.stderr, flush=True)
