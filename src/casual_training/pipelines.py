"""From the training samples to batches: how the data reach the training loop.

`memory` keeps the training set in shared memory, each sample asked for and prepared once, and takes batches out of it
by index. `dataloader` makes every sample anew in a DataLoader, as the original study (and most examples) do: our images
are turned into pictures and back through torchvision's transforms, and a data set of the user's own does what it does.
It is here so that its cost can be shown. Both give the same batches in the same order; what a data set draws at random
is drawn once with `memory`, and in every pass with `dataloader`.
"""

from collections.abc import Iterator

import torch

from casual_training import own
from casual_training.own import OwnCodeError
from casual_training.samples import Splits, share_data
from casual_training.seeding import DATA_ORDER, derived_seed

TRAIN_PER_TEST = 6  # MNIST and Fashion-MNIST have 60,000 and 10,000 samples


def pass_order(seed: int, number: int, samples: int) -> torch.Tensor:
    """Give the order of the samples in one pass: (samples,) int64, the same for every method of a seed."""
    generator = torch.Generator().manual_seed(derived_seed(seed, DATA_ORDER, number))
    return torch.randperm(samples, generator=generator)


def shard(order: torch.Tensor, rank: int, workers: int) -> torch.Tensor:
    """Give a worker its part of a pass: every W-th sample, so that each sample is used by one worker only."""
    return order[rank::workers]


def planned_work(samples: int, rank: int, run) -> tuple[int, int]:
    """Count the steps and the samples that a worker makes in all passes, or until its part of run.max_steps is done."""
    if run.sampling == "full":
        own, passes = samples, len(range(rank, run.passes, run.workers))
    else:
        own, passes = len(range(rank, samples, run.workers)), run.passes
    steps_per_pass = -(-own // run.batch_size)
    steps = passes * steps_per_pass
    if run.max_steps is not None:
        steps = min(steps, run.max_steps // run.workers)
    whole_passes, rest = divmod(steps, steps_per_pass)
    return steps, whole_passes * own + min(rest * run.batch_size, own)


def batch_indices(samples: int, number: int, rank: int, run) -> list[torch.Tensor]:
    """List the batches of a worker in pass `number`, counted from 0, as indices of samples: (batch,) int64 each.

    With run.sampling "shard" every worker takes its part of each pass. With "full" whole passes are dealt out to the
    workers, so that each of its epochs takes a worker over the whole set: none but one has batches in a pass.
    """
    order, earlier = pass_order(run.seed, number, samples), number
    if run.sampling == "full":
        if number % run.workers != rank:
            return []
        earlier = number // run.workers
    else:
        order = shard(order, rank, run.workers)
    batches = order.split(run.batch_size)
    steps, _ = planned_work(samples, rank, run)
    return list(batches[: max(0, steps - earlier * len(batches))])


def missed_steps(samples: int, number: int, rank: int, run) -> int:
    """Count the batches of pass `number` that worker `rank` has less than the worker that has most, with "shard".

    Parts of a pass differ by a sample, and so by a batch at most, but where run.max_steps ends the run by more.
    """

    def steps(worker):
        in_pass = -(-len(range(worker, samples, run.workers)) // run.batch_size)
        return min(in_pass, max(0, planned_work(samples, worker, run)[0] - number * in_pass))

    return max(map(steps, range(run.workers))) - steps(rank)


def require_batches(samples: int, run) -> None:
    """Raise OwnCodeError if there is no whole batch of the training samples for every worker.

    For our own data sets study.validate has seen to it; how many samples the user's factory gives is known only now.
    """
    batches = samples // run.batch_size
    if run.workers > batches:
        raise OwnCodeError(
            f"{own.where(None, run.dataset)}: workers ({run.workers}) outnumber the whole batches ({batches}) of "
            f"{run.batch_size} in the {samples} training samples of {run.workload}; lower study.workers or its "
            "batch_size, or give more samples"
        )


def first_batch(data, run) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the first batch of the first worker, leaving the random state as it is.

    Raises:
        OwnCodeError: the user's data set cannot make it.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            inputs, targets = next(iter(data.batches(0, 0)))
        except Exception as error:
            if not own.is_own(run.dataset):
                raise
            at = own.where(error, run.dataset)
            raise OwnCodeError(f"{at}: the samples of {own.name_of(run.dataset)} raised {own.said(error)}") from error
    return inputs, targets


class MemoryPipeline:
    """Batches by index out of tensors in shared memory, which the workers share and nobody writes to.

    Args:
        splits: the samples; the test samples are used only by a run that tests inside its clock.
        run: the run; its seed, workers and batch_size shape the batches.
    """

    def __init__(self, splits: Splits, run):
        self.run = run
        self.inputs, self.targets = map(share_data, splits.train.stacked())  # (N, ...) each
        if run.options.get("test_inside_clock"):
            n_test = min(len(self.targets) // TRAIN_PER_TEST, len(splits.test))
            self.test_inputs, self.test_targets = map(share_data, splits.test.take(torch.arange(n_test)).stacked())

    def has_batches(self, number: int, rank: int) -> bool:
        """Say whether worker `rank` has a part in pass `number`, counted from 0."""
        return bool(batch_indices(len(self.targets), number, rank, self.run))

    def missed_steps(self, number: int, rank: int) -> int:
        """Count the batches of pass `number` that worker `rank` has less than the worker that has most."""
        return missed_steps(len(self.targets), number, rank, self.run)

    def test_batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Give a sixth as many test samples as there are training samples, as the original has them, in batches."""
        yield from zip(
            self.test_inputs.split(self.run.batch_size), self.test_targets.split(self.run.batch_size), strict=True
        )

    def batches(self, number: int, rank: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Give worker `rank` its batches (inputs, targets) of pass `number`, counted from 0."""
        for indices in batch_indices(len(self.targets), number, rank, self.run):
            yield self.inputs.index_select(0, indices), self.targets.index_select(0, indices)


class DataLoaderPipeline:
    """The same batches from a DataLoader that makes its samples one at a time.

    Args: as of MemoryPipeline.
    """

    def __init__(self, splits: Splits, run):
        self.run = run
        self.samples = splits.train.singly()

    def batches(self, number: int, rank: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Give worker `rank` its batches (inputs, targets) of pass `number`, counted from 0."""
        yield from torch.utils.data.DataLoader(
            self.samples,
            batch_sampler=[indices.tolist() for indices in batch_indices(len(self.samples), number, rank, self.run)],
            generator=torch.Generator(),  # or it would draw from the random state that dropout uses
        )

    def missed_steps(self, number: int, rank: int) -> int:
        """Count the batches of pass `number` that worker `rank` has less than the worker that has most."""
        return missed_steps(len(self.samples), number, rank, self.run)


PIPELINES = {"memory": MemoryPipeline, "dataloader": DataLoaderPipeline}
