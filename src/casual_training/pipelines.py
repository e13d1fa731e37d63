"""From the training images to batches: how the data reach the training loop.

`memory` keeps the normalised training set in shared memory and takes batches out of it by index. `torchvision`
turns every sample into a picture and back through torchvision's transforms in a DataLoader, as the original study
(and most examples) do; it is here so that its cost can be shown. Both give the same batches in the same order.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import torch

from casual_training.datasets import DATASETS, Splits, normalise
from casual_training.seeding import DATA_ORDER, derived_seed


def pass_order(seed: int, number: int, samples: int) -> torch.Tensor:
    """Give the order of the samples in one pass: (samples,) int64, the same for every method of a seed."""
    generator = torch.Generator().manual_seed(derived_seed(seed, DATA_ORDER, number))
    return torch.randperm(samples, generator=generator)


def shard(order: torch.Tensor, rank: int, workers: int) -> torch.Tensor:
    """Give a worker its part of a pass: every W-th sample, so that each sample is used by one worker only."""
    return order[rank::workers]


def steps_per_worker(samples: int, run) -> int:
    """Count the steps of the worker that makes the most: worker 0, whose shards are never the smaller ones."""
    longest_shard = -(-samples // run.workers)
    return run.passes * -(-longest_shard // run.batch_size)


def _share(tensor: torch.Tensor) -> torch.Tensor:
    """Move a tensor to shared memory; ValueError if it does not fit, where torch would be killed by the system."""
    folder, size = Path("/dev/shm"), tensor.nbytes
    if folder.is_dir() and shutil.disk_usage(folder).free < size:
        raise ValueError(
            f"the training data need {size / 2**20:,.0f} MB of shared memory, more than is free in {folder}; lower "
            "train_samples, or give the container more (docker run --shm-size)"
        )
    return tensor.share_memory_()


class MemoryPipeline:
    """Batches by index out of tensors in shared memory, which the workers share and nobody writes to.

    Args:
        splits: the data set; only its training part is used.
        run: the run; its seed, workers and batch_size shape the batches.
    """

    def __init__(self, splits: Splits, run):
        self.run = run
        images = torch.from_numpy(normalise(splits.train_images, DATASETS[run.dataset]))
        self.inputs = _share(images)  # (N, 1, 28, 28) float32
        self.targets = _share(torch.from_numpy(splits.train_labels))  # (N,) int64

    def batches(self, number: int, rank: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Give worker `rank` its batches (inputs, targets) of pass `number`, counted from 0."""
        order = pass_order(self.run.seed, number, len(self.targets))
        for indices in shard(order, rank, self.run.workers).split(self.run.batch_size):
            yield self.inputs.index_select(0, indices), self.targets.index_select(0, indices)


class TorchvisionPipeline:
    """The same batches from a DataLoader that decodes, converts and normalises sample by sample.

    Args: as of MemoryPipeline.
    """

    def __init__(self, splits: Splits, run):
        # Its imports take a second; a worker makes them when it receives the pictures, before the clock starts.
        from casual_training.pictures import Pictures

        self.run = run
        images = _share(torch.from_numpy(splits.train_images))  # (N, 28, 28) uint8
        targets = _share(torch.from_numpy(splits.train_labels))  # (N,) int64
        self.pictures = Pictures(images, targets, DATASETS[run.dataset])

    def batches(self, number: int, rank: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Give worker `rank` its batches (inputs, targets) of pass `number`, counted from 0."""
        order = pass_order(self.run.seed, number, len(self.pictures))
        yield from torch.utils.data.DataLoader(
            self.pictures,
            batch_size=self.run.batch_size,
            sampler=shard(order, rank, self.run.workers).tolist(),
            generator=torch.Generator(),  # or it would draw from the random state that dropout uses
        )


PIPELINES = {"memory": MemoryPipeline, "torchvision": TorchvisionPipeline}
