"""What cannot work is refused with one sentence, before anything starts."""

import copy
import numbers
import os
import sys

import torch

DEVICES = ("cpu", "cuda", "mps")


def check_count(name: str, value: int, least: int = 1) -> None:
    """Raise ValueError unless `value` is a whole number, `least` or more."""
    if not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} is {value!r}: choose a whole number, {least} or more")


def check_log_interval(value: int) -> None:
    """Raise ValueError unless `value` is a number of batches, or -1 for none."""
    if not isinstance(value, numbers.Integral) or (value < 1 and value != -1):
        raise ValueError(f"log_interval is {value!r}: choose a number of batches, 1 or more, or -1 for no logs")


def find_device(device: str | torch.device) -> torch.device:
    """Return the device of that name; ValueError unless this machine has it."""
    name = str(device)
    kind, _, _ = name.partition(":")
    if kind not in DEVICES:
        raise ValueError(f"device is {name!r}: choose one of {', '.join(DEVICES)}")
    try:
        found = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device is {name!r}, which torch cannot read: write {kind} or {kind}:0") from None
    is_there = {
        "cpu": lambda: True,
        "cuda": lambda: (found.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available,
    }
    if not is_there[kind]():
        raise ValueError(f"device is {name!r}, which torch does not find on this machine: choose another, such as cpu")
    return found


def find_shared_device(device: str | torch.device) -> torch.device:
    """Return the device of that name; ValueError unless it is there and processes can share weights on it."""
    if str(device).startswith("mps"):
        raise ValueError("device is 'mps', on which processes cannot share weights with torch: choose cpu")
    return find_device(device)


def check_model(model) -> None:
    """Raise ValueError unless `model` is a network with something to train."""
    if not isinstance(model, torch.nn.Module) or not any(True for _ in model.parameters()):
        raise ValueError("model has no parameters to train: give a torch.nn.Module that has some")


def check_optimizer(optimizer, model: torch.nn.Module) -> None:
    """Raise ValueError unless all that `optimizer` updates are parameters of `model`."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise ValueError(f"optimizer is a {type(optimizer).__name__}: give a torch.optim.Optimizer of the model")
    own = {id(parameter) for parameter in model.parameters()}
    if any(id(parameter) not in own for group in optimizer.param_groups for parameter in group["params"]):
        raise ValueError("optimizer updates parameters of another model: make it from model.parameters()")


def check_tracker(tracker) -> None:
    """Raise ValueError unless `tracker` is None or losses can be appended to it."""
    if tracker is None:
        return
    try:
        tracker.extend([])  # also shows whether the manager of a shared list is still there
    except Exception as error:
        raise ValueError(
            f"loss_tracker takes no losses ({type(error).__name__}): give a list, a list of a running "
            "multiprocessing Manager, or None"
        ) from None


def first_batch(name: str, loader) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the first batch of a loader, without touching the caller's random state or starting the loader's workers.

    Raises:
        ValueError: it has no length or no batch, or its batches are not (inputs, targets).
    """
    if isinstance(loader, torch.utils.data.DataLoader):
        loader = copy.copy(loader)
        loader.num_workers = loader.timeout = 0
    try:
        n_batches = len(loader)
    except TypeError:
        raise ValueError(f"{name} has no length: give a DataLoader of a data set that has one") from None
    if n_batches == 0:
        raise ValueError(f"{name} has no batches: give a loader of at least one sample")
    with torch.random.fork_rng(devices=[]):
        batch = next(iter(loader))
    if not (
        isinstance(batch, list | tuple)
        and len(batch) == 2
        and all(isinstance(part, torch.Tensor) for part in batch)
        and len(batch[0]) == len(batch[1])
    ):
        raise ValueError(f"{name} gives batches of another form: they must be two tensors, (inputs, targets)")
    return tuple(batch)


def check_importable(*things) -> None:
    """Raise ValueError if new processes could not find the class of a thing, because it was typed at a prompt.

    They import the script again that the caller was started from; a prompt or a notebook is no such file.
    """
    main = sys.modules["__main__"]
    if main.__spec__ is not None or os.path.isfile(getattr(main, "__file__", None) or ""):
        return
    for thing in things:
        if type(thing).__module__ == "__main__":
            raise ValueError(
                f"other processes cannot see the class {type(thing).__name__}, which was typed at a prompt: "
                "put it into a file and import it"
            )
