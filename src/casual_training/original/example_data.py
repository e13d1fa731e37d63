"""The data of the two examples: verified files, as `casual-training fetch` gives them, in loaders of tensors."""

import argparse
from pathlib import Path

import numpy
import torch
from torch.utils.data import DataLoader, TensorDataset

from casual_training.workload import datasets
from casual_training.workload.fetch import fetch
from casual_training.workload.pipelines import TRAIN_PER_TEST

TRAIN_BATCH, TEST_BATCH = 32, 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which data an example uses."""
    parser.add_argument("--dataset", choices=sorted(datasets.DATASETS), default="fashion_mnist")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="default: %(default)s")
    parser.add_argument("--samples", type=int, help="training samples, for a quick look; default: all")


def loaders(name: str, data_dir: Path, samples: int | None = None) -> tuple[DataLoader, DataLoader]:
    """Return the loaders of the training and the test set, fetching the files if they are not there.

    The original converted and normalised each picture whenever it was asked for. Here they are tensors from the start:
    what a picture costs is the study's question (method hogwild_original), and these are examples of training.

    Args:
        name: name in datasets.DATASETS.
        data_dir: folder of all data sets.
        samples: keep only the first so many training samples, and a sixth as many test samples; None keeps all.

    Raises:
        ValueError: the files cannot be had, or samples out of range.
    """
    dataset = datasets.get(name)
    if samples is not None and not 1 <= samples <= dataset.n_train:
        raise ValueError(f"--samples is {samples}: choose 1 to {dataset.n_train}, which is all {name} has")
    fetch(name, data_dir)
    splits = datasets.load(name, data_dir)
    # The original has no validation set: it trains on these images as well.
    images = numpy.concatenate([splits.train_images, splits.validation_images])[:samples]
    labels = numpy.concatenate([splits.train_labels, splits.validation_labels])[:samples]
    n_test = None if samples is None else max(1, samples // TRAIN_PER_TEST)
    train = _tensors(images, labels, dataset)
    test = _tensors(splits.test_images[:n_test], splits.test_labels[:n_test], dataset)
    return DataLoader(train, batch_size=TRAIN_BATCH, shuffle=True), DataLoader(test, batch_size=TEST_BATCH)


def _tensors(images: numpy.ndarray, labels: numpy.ndarray, dataset: datasets.Dataset) -> TensorDataset:
    return TensorDataset(torch.from_numpy(datasets.normalise(images, dataset)), torch.from_numpy(labels))
