"""The data order: which samples a worker takes in which pass, in which batches. The same for every method of a seed."""

import torch

from casual_training.plan.run import Run
from casual_training.plan.seeds import DATA_ORDER, derived_seed


def pass_order(seed: int, number: int, samples: int) -> torch.Tensor:
    """Return the order of the samples in one pass: (samples,) int64, the same for every method of a seed."""
    generator = torch.Generator().manual_seed(derived_seed(seed, DATA_ORDER, number))
    return torch.randperm(samples, generator=generator)


def shard(order: torch.Tensor, rank: int, workers: int) -> torch.Tensor:
    """Return a worker's part of a pass: every W-th sample, so that each sample is used by one worker only."""
    return order[rank::workers]


def planned_work(samples: int, rank: int, run: Run) -> tuple[int, int]:
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


def batch_indices(samples: int, number: int, rank: int, run: Run) -> list[torch.Tensor]:
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


def missed_steps(samples: int, number: int, rank: int, run: Run) -> int:
    """Count the batches of pass `number` that worker `rank` has less than the worker that has most, with "shard".

    Parts of a pass differ by a sample, and so by a batch at most, but where run.max_steps ends the run by more.
    """

    def steps(worker: int) -> int:
        in_pass = -(-len(range(worker, samples, run.workers)) // run.batch_size)
        return min(in_pass, max(0, planned_work(samples, worker, run)[0] - number * in_pass))

    return max(map(steps, range(run.workers))) - steps(rank)
