"""The samples of a workload, split into training, validation and test: images of ours or the user's own data.

A set of samples knows its number, can take some of them out, and is read in two ways: `stacked` as two tensors, once,
or `singly` as a torch data set that makes each sample when it is asked for it.
"""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch.utils.data import Dataset, Subset, TensorDataset, default_collate

from casual_training.config.references import is_user_code, name_of
from casual_training.errors import UserCodeError
from casual_training.plan.run import Run
from casual_training.shared_memory import share
from casual_training.workload import datasets, user_code
from casual_training.workload.datasets import split_order
from casual_training.workload.user_code import location, one_line

MOST_VALIDATION_SAMPLES = 5_000  # of the user's own data, and at most
TRAIN_PER_VALIDATION = 6


class Samples(Sized, Protocol):
    """Some samples, each an input and a target."""

    def take(self, indices: torch.Tensor) -> "Samples":
        """Return the samples of these indices, (n,) int64, in their order."""

    def stacked(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all inputs and all targets, (N, ...) each."""

    def singly(self) -> Dataset:
        """Return a torch data set that makes one sample at a time; what it holds as tensors is in shared memory."""


@dataclass(frozen=True)
class Splits:
    """The three sets of a workload."""

    train: Samples
    validation: Samples
    test: Samples


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one of our data sets: (N, rows, columns) uint8 and (N,) int64."""

    images: torch.Tensor
    labels: torch.Tensor
    kind: datasets.Dataset

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.labels)

    def take(self, indices: torch.Tensor) -> "Images":
        """Return the samples of these indices."""
        return Images(self.images[indices], self.labels[indices], self.kind)

    def stacked(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalise all images: (N, 1, rows, columns) float32."""
        return torch.from_numpy(datasets.normalise(self.images.numpy(), self.kind)), self.labels

    def singly(self) -> Dataset:
        """Make each image a picture, and normalise it, when it is asked for."""
        # Its imports take a second; a worker makes them when it receives the pictures, before the clock starts.
        from casual_training.workload.pictures import Pictures

        return Pictures(share_data(self.images), share_data(self.labels), self.kind)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The user's own data as two tensors, (N, ...) each."""

    inputs: torch.Tensor
    targets: torch.Tensor

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.targets)

    def take(self, indices: torch.Tensor) -> "Pairs":
        """Return the samples of these indices."""
        return Pairs(self.inputs[indices], self.targets[indices])

    def stacked(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the tensors."""
        return self.inputs, self.targets

    def singly(self) -> Dataset:
        """Return the pairs of a data set of tensors."""
        return TensorDataset(share_data(self.inputs), share_data(self.targets))


@dataclass(frozen=True, eq=False)
class Items:
    """Samples of the user's own torch data set of (input, target); `named` is its factory in the config."""

    items: Dataset
    indices: list[int]
    named: str | dict

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.indices)

    def take(self, indices: torch.Tensor) -> "Items":
        """Return the samples of these indices."""
        return Items(self.items, [self.indices[index] for index in indices.tolist()], self.named)

    def stacked(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Ask for every sample once; whatever is random in them is drawn once.

        Raises:
            UserCodeError: a sample cannot be had, is no (input, target), or does not fit the others.
        """
        try:
            batch = default_collate([self.items[index] for index in self.indices])
        except Exception as error:
            at = location(error, self.named)
            raise UserCodeError(f"{at}: the samples of {name_of(self.named)} raised {one_line(error)}") from error
        is_pair = isinstance(batch, tuple | list) and len(batch) == 2
        if not is_pair or not all(isinstance(part, torch.Tensor) for part in batch):
            raise UserCodeError(
                f"{location(None, self.named)}: a sample of {name_of(self.named)} is no pair (input, target) of "
                "tensors or numbers; make it one"
            )
        require_finite(*batch, self.indices, self.named, "its data set")
        return tuple(batch)

    def singly(self) -> Dataset:
        """Let the user's data set make them."""
        return Subset(self.items, self.indices)


def load(run: Run, data_dir: Path) -> Splits:
    """Read the data of a run: verified files of ours, or what the user's factory makes.

    Args:
        run: names the data set and how many training samples to keep.
        data_dir: folder of our data sets.

    Raises:
        ValueError: the data are missing or wrong; a UserCodeError if they are the user's own.
    """
    if is_user_code(run.dataset):
        return _own_splits(run.dataset, run.train_samples)
    images, kind = datasets.load(run.dataset, data_dir, run.train_samples), datasets.get(run.dataset)
    parts = [
        (getattr(images, f"{part}_images"), getattr(images, f"{part}_labels"))
        for part in ("train", "validation", "test")
    ]
    return Splits(*(Images(torch.from_numpy(some), torch.from_numpy(labels), kind) for some, labels in parts))


def _own_splits(named: str | dict, train_samples: int | None) -> Splits:
    """Call the user's factory, and set validation samples aside: the same ones whatever the seed of a run."""
    made = user_code.make(named)
    at = f"{location(None, named)}: {name_of(named)}"
    if not isinstance(made, tuple | list) or len(made) != 2:
        raise UserCodeError(f"{at} gives {_kind(made)}; return (train, test)")
    train, test = (_own_samples(part, name, at, named) for part, name in zip(made, ("train", "test"), strict=True))
    if len(train) < 2 or len(test) < 1:
        raise UserCodeError(
            f"{at} gives {len(train)} training and {len(test)} test samples; give at least 2 training samples, of "
            "which some are set aside as validation data, and 1 test sample"
        )
    n_validation = min(MOST_VALIDATION_SAMPLES, max(1, len(train) // TRAIN_PER_VALIDATION))
    available = len(train) - n_validation
    if train_samples is not None and train_samples > available:
        raise UserCodeError(
            f"{at} leaves {available} training samples beside {n_validation} validation samples, but the config's "
            f"train_samples is {train_samples}; give at most {available}"
        )
    order = torch.from_numpy(split_order(len(train)))
    kept = order[n_validation:][:train_samples]
    # Read now, because what is wrong with them should not show only after the training.
    validation, test = (Pairs(*part.stacked()) for part in (train.take(order[:n_validation]), test))
    return Splits(train.take(kept), validation, test)


def _own_samples(part, name: str, at: str, named: str | dict) -> Samples:
    """Take the user's training or test set for what it is, or refuse it."""
    if isinstance(part, tuple | list) and len(part) == 2 and all(isinstance(one, torch.Tensor) for one in part):
        inputs, targets = part
        if not inputs.dim() or not targets.dim() or len(inputs) != len(targets):
            shapes = f"{tuple(inputs.shape)} and {tuple(targets.shape)}"
            raise UserCodeError(
                f"{at} gives inputs and targets of the shapes {shapes} as {name}; the first number must be the same"
            )
        require_finite(inputs, targets, range(len(inputs)), named, name)
        return Pairs(inputs.detach().contiguous(), targets.detach().contiguous())
    if hasattr(part, "__len__") and hasattr(part, "__getitem__") and not isinstance(part, tuple | list):
        return Items(part, list(range(len(part))), named)
    raise UserCodeError(
        f"{at} gives {_kind(part)} as {name}; give a pair of tensors (inputs, targets) or a torch Dataset with a length"
    )


def require_finite(
    inputs: torch.Tensor, targets: torch.Tensor, numbers: Sequence[int], named: str | dict, part: str
) -> None:
    """Raise UserCodeError at the first sample that holds a nan or an infinite number; `numbers` are the user's."""
    for name, values in (("inputs", inputs), ("targets", targets)):
        # A sum is finite only if all of them are, and is there sooner than a look at each.
        if values.is_floating_point() and not values.sum().isfinite() and not values.isfinite().all():
            index = int((~values.isfinite()).nonzero()[0, 0])
            found = values[index][~values[index].isfinite()].flatten()[0].item()
            at = f"{location(None, named)}: {name_of(named)}"
            raise UserCodeError(
                f"{at} gives {found} in the {name} of sample {numbers[index]} of {part}; leave such samples out, or "
                "fill them"
            )


def share_data(tensor: torch.Tensor) -> torch.Tensor:
    """Move a tensor of samples to shared memory and return it; ValueError if it does not fit."""
    return share(tensor, "the training data", "lower train_samples")


def _kind(made) -> str:
    if isinstance(made, tuple | list):
        return f"a {type(made).__name__} of {len(made)} ({', '.join(type(one).__name__ for one in made[:4])})"
    return f"a {type(made).__name__}"
