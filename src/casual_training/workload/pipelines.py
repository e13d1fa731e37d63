"""From the training samples to batches: how the data reach the training loop.

`memory` keeps the training set in shared memory, each sample asked for and prepared once, and takes batches out of it
by index. `dataloader` makes every sample anew in a DataLoader, as the original study (and most examples) do: our images
are turned into pictures and back through torchvision's transforms, and a data set of the user's own does what it does.
It is here so that its cost can be shown. Both give the same batches in the same order; what a data set draws at random
is drawn once with `memory`, and in every pass with `dataloader`.
"""

from collections.abc import Iterator

import torch

from casual_training.config.references import is_user_code, name_of
from casual_training.errors import UserCodeError
from casual_training.plan.run import Run
from casual_training.workload import user_code
from casual_training.workload.data_order import batch_indices, missed_steps
from casual_training.workload.samples import Splits, share_data

TRAIN_PER_TEST = 6  # MNIST and Fashion-MNIST have 60,000 and 10,000 samples
Batch = tuple[torch.Tensor, torch.Tensor]  # inputs and targets, (B, ...) each


def require_batches(samples: int, run: Run) -> None:
    """Raise UserCodeError if there is no whole batch of the training samples for every worker.

    The plan has made sure of it for our own data sets; how many samples the user's factory gives is known only now.
    """
    batches = samples // run.batch_size
    if run.workers > batches:
        raise UserCodeError(
            f"{user_code.location(None, run.dataset)}: workers ({run.workers}) outnumber the whole batches ({batches}) "
            f"of {run.batch_size} in the {samples} training samples of {run.workload}; lower study.workers or its "
            "batch_size, or give more samples"
        )


def first_batch(data: "Pipeline", run: Run) -> Batch:
    """Return the first batch of the first worker, leaving the random state as it is.

    Raises:
        UserCodeError: the user's data set cannot make it.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            inputs, targets = next(iter(data.batches(0, 0)))
        except Exception as error:
            if not is_user_code(run.dataset):
                raise
            at = user_code.location(error, run.dataset)
            raise UserCodeError(
                f"{at}: the samples of {name_of(run.dataset)} raised {user_code.one_line(error)}"
            ) from error
    return inputs, targets


class MemoryPipeline:
    """Batches by index out of tensors in shared memory, which the workers share and nobody writes to.

    Args:
        splits: the samples; the test samples are used only by a run that tests inside its clock.
        run: the run; its seed, workers and batch_size shape the batches.
    """

    def __init__(self, splits: Splits, run: Run):
        self.run = run
        self.inputs, self.targets = map(share_data, splits.train.stacked())  # (N, ...) each
        if run.options.get("test_inside_clock"):
            n_test = min(len(self.targets) // TRAIN_PER_TEST, len(splits.test))
            self.test_inputs, self.test_targets = map(share_data, splits.test.take(torch.arange(n_test)).stacked())

    def has_batches(self, number: int, rank: int) -> bool:
        """Return whether worker `rank` has a part in pass `number`, counted from 0."""
        return bool(batch_indices(len(self.targets), number, rank, self.run))

    def missed_steps(self, number: int, rank: int) -> int:
        """Count the batches of pass `number` that worker `rank` has less than the worker that has most."""
        return missed_steps(len(self.targets), number, rank, self.run)

    def test_batches(self) -> Iterator[Batch]:
        """Return a sixth as many test samples as there are training samples, as the original has them, in batches."""
        yield from zip(
            self.test_inputs.split(self.run.batch_size), self.test_targets.split(self.run.batch_size), strict=True
        )

    def batches(self, number: int, rank: int) -> Iterator[Batch]:
        """Return the batches (inputs, targets) of worker `rank` in pass `number`, counted from 0."""
        for indices in batch_indices(len(self.targets), number, rank, self.run):
            yield self.inputs.index_select(0, indices), self.targets.index_select(0, indices)


class DataLoaderPipeline:
    """The same batches from a DataLoader that makes its samples one at a time.

    Args: as of MemoryPipeline.
    """

    def __init__(self, splits: Splits, run: Run):
        self.run = run
        self.samples = splits.train.singly()

    def batches(self, number: int, rank: int) -> Iterator[Batch]:
        """Return the batches (inputs, targets) of worker `rank` in pass `number`, counted from 0."""
        yield from torch.utils.data.DataLoader(
            self.samples,
            batch_sampler=[indices.tolist() for indices in batch_indices(len(self.samples), number, rank, self.run)],
            generator=torch.Generator(),  # or it would draw from the random state that dropout uses
        )

    def missed_steps(self, number: int, rank: int) -> int:
        """Count the batches of pass `number` that worker `rank` has less than the worker that has most."""
        return missed_steps(len(self.samples), number, rank, self.run)


Pipeline = MemoryPipeline | DataLoaderPipeline
PIPELINES: dict[str, type[Pipeline]] = {"memory": MemoryPipeline, "dataloader": DataLoaderPipeline}
