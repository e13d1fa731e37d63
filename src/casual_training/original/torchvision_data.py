"""MNIST, CIFAR-10 and SVHN through torchvision, fitted to the networks of the plain training script."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torchvision
from torch.utils.data import DataLoader
from torchvision import transforms

from casual_training.original.networks import SIDE
from casual_training.workload.fetch import SILENCE_SECONDS

BATCH = 64


@dataclass(frozen=True)
class Source:
    """One data set of torchvision."""

    make: Callable
    train: dict  # the arguments that ask for its training and its test part
    test: dict
    mean: tuple[float, ...]  # of the training pixels, scaled to 0..1, a channel each
    std: tuple[float, ...]


# The means and standard deviations are those in common use for these sets.
SOURCES = {
    "mnist": Source(torchvision.datasets.MNIST, {"train": True}, {"train": False}, (0.1307,) * 3, (0.3081,) * 3),
    "cifar10": Source(
        torchvision.datasets.CIFAR10,
        {"train": True},
        {"train": False},
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
    ),
    "svhn": Source(
        torchvision.datasets.SVHN,
        {"split": "train"},
        {"split": "test"},
        (0.4377, 0.4438, 0.4728),
        (0.1980, 0.2010, 0.1970),
    ),
}


def fitted(source: Source) -> transforms.Compose:
    """Return the transforms from a picture of any size and colours to (3, 32, 32) float32, normalised."""
    return transforms.Compose(
        [
            lambda picture: picture.convert("RGB"),  # a grey value becomes three equal ones
            transforms.Resize((SIDE, SIDE)),
            transforms.ToTensor(),
            transforms.Normalize(source.mean, source.std),
        ]
    )


def loaders(name: str, data_dir: Path) -> tuple[DataLoader, DataLoader]:
    """Return the loaders of the training and the test set, downloading them if they are not there.

    Raises:
        ValueError: torchvision could not give them.
    """
    source, timeout = SOURCES[name], socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_SECONDS)
    try:
        train, test = (
            source.make(root=data_dir, download=True, transform=fitted(source), **part)
            for part in (source.train, source.test)
        )
    except Exception as error:  # of the network, of a damaged file, of a package that torchvision needs for this set
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ValueError(
            f"torchvision could not give {name} ({reason[0]}): run this again with a network, "
            f"or put its files where torchvision looks for them in {data_dir}"
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)
    return DataLoader(train, batch_size=BATCH, shuffle=True), DataLoader(test, batch_size=BATCH)
