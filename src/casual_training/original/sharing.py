"""What the processes of a training share is moved to shared memory, with a sentence if it does not fit."""

from collections.abc import Iterator

import torch

from casual_training.shared_memory import share


def share_model(model: torch.nn.Module) -> None:
    """Move the weights and buffers of `model` to shared memory in place, so that optimizers of them stay theirs.

    Raises:
        ValueError: they do not fit.
    """
    for parameter in model.parameters():
        parameter.grad = None  # or it would be shared as well, and the processes would mix their gradients
    for tensor in (*model.parameters(), *model.buffers()):
        if not tensor.is_shared():
            share(tensor, "the weights", "take a smaller model")


def share_samples(loader) -> None:
    """Move the tensors of a loader's data set to shared memory, where sending them would move them unchecked.

    Raises:
        ValueError: they do not fit.
    """
    for tensor in _tensors(getattr(loader, "dataset", None)):
        if not tensor.is_shared():
            share(tensor, "the training data", "take fewer samples")


def _tensors(dataset) -> Iterator[torch.Tensor]:
    for value in getattr(dataset, "__dict__", {}).values():
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):  # as of a TensorDataset
            yield from (each for each in value if isinstance(each, torch.Tensor))
        elif isinstance(value, torch.utils.data.Dataset):  # as of a Subset
            yield from _tensors(value)
