"""Gradients averaged through shared memory, by every worker for itself and with one barrier a step.

Each worker writes its gradients to its row of a table; when all have, each adds up all rows in the order of ranks, so
that all get the same sums bit for bit, in every run. The table is there twice, for even and odd steps: whoever still
reads the rows of one step is not disturbed by those who write the next, and the barrier lets nobody get two ahead.
"""

import torch

from casual_training.parallel.flat_tensors import require_one_dtype, trained
from casual_training.parallel.shared_barrier import SharedBarrier
from casual_training.shared_memory import share


class SharedGradients:
    """The table of one run: a row of gradients, flat and one parameter after the other, for each worker.

    Make it before the workers and give it to them as an argument.

    Args:
        model: the network, on the CPU.
        workers: how many share it, 1 or more.
        method: for the sentence of an error.

    Raises:
        RunFailed: the parameters that are trained are of several dtypes.
        ValueError: the table does not fit into shared memory.
    """

    def __init__(self, model, workers: int, method: str):
        sizes = [parameter.numel() for parameter in trained(model)]
        rows = torch.zeros(2, workers, sum(sizes), dtype=require_one_dtype(model, method))
        self._rows = share(rows, "the gradients of the workers", "lower study.workers")
        # (2, workers, [samples, then for each parameter whether it has a gradient])
        self._notes = torch.zeros(2, workers, 1 + len(sizes), dtype=torch.int64).share_memory_()
        self._barrier = SharedBarrier(workers)

    def join(self, rank: int, model) -> None:
        """Be worker `rank`, whose gradients are those of its own `model`."""
        self._rank, self._parameters = rank, trained(model)
        self._mean = torch.zeros_like(self._rows[0, 0])
        self._means = self._parts(self._mean)
        self._tables = [
            (list(rows), self._parts(rows[rank]), notes.numpy())
            for rows, notes in zip(self._rows, self._notes, strict=True)
        ]

    def _parts(self, flat) -> list[torch.Tensor]:
        """Return each parameter's part of a flat tensor, in its shape."""
        parts = flat.split([parameter.numel() for parameter in self._parameters])
        return [part.view_as(parameter) for part, parameter in zip(parts, self._parameters, strict=True)]

    def average(self, samples: int) -> bool:
        """Replace the calling worker's gradients by their mean over the samples of all workers.

        Args:
            samples: in its batch; with 0 its gradients do not count.

        Returns:
            Whether any worker had samples; if not, the gradients are left as they were.
        """
        rows, own_parts, notes = self._tables[0]
        self._tables.reverse()
        has_gradient = [samples > 0 and parameter.grad is not None for parameter in self._parameters]
        for part, parameter, has in zip(own_parts, self._parameters, has_gradient, strict=True):
            if has:
                part.copy_(parameter.grad)
            else:
                part.zero_()
        notes[self._rank] = [samples, *has_gradient]
        self._barrier.wait(self._rank)
        of_rows, *of_parameters = zip(*notes.tolist(), strict=True)
        if not any(of_rows):
            return False
        self._mean.zero_()
        for row, samples_of_row in zip(rows, of_rows, strict=True):  # in the order of ranks, or runs would not repeat
            self._mean.add_(row, alpha=samples_of_row / sum(of_rows))
        for parameter, mean, have_gradient in zip(self._parameters, self._means, of_parameters, strict=True):
            parameter.grad = mean if any(have_gradient) else None
        return True
