"""Gradients averaged through shared memory, by every worker for itself and with one barrier a step.

Each worker adds up all rows in the order of ranks, so that all get the same sums bit for bit, in every run.
"""

import torch
from torch import nn

from casual_training.parallel.exchange import Exchange
from casual_training.parallel.flat_parameters import require_one_dtype, trained_parameters


class SharedGradients:
    """The gradients of one run: a row for each worker, flat and one parameter after the other.

    Make it before the workers and give it to them as an argument.

    Args:
        model: the network, on the CPU.
        workers: how many share it, 1 or more.
        method: for the sentence of an error.

    Raises:
        RunFailed: the parameters that are trained are of several dtypes.
        ValueError: the table does not fit into shared memory.
    """

    def __init__(self, model: nn.Module, workers: int, method: str):
        sizes = [parameter.numel() for parameter in trained_parameters(model)]
        dtype = require_one_dtype(model, method)
        # The notes of a row: samples, then for each parameter whether it has a gradient.
        self._exchange = Exchange(workers, sum(sizes), dtype, "the gradients of the workers", notes=1 + len(sizes))

    def join(self, rank: int, model: nn.Module) -> None:
        """Be worker `rank`, whose gradients are those of its own `model`."""
        self._parameters = trained_parameters(model)
        self._exchange.join(rank)
        self._own_parts = [self._parts(row) for row in self._exchange.own_rows()]
        self._mean_parts = self._parts(self._exchange.sum)

    def _parts(self, flat: torch.Tensor) -> list[torch.Tensor]:
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
        has_gradient = [samples > 0 and parameter.grad is not None for parameter in self._parameters]
        own_parts = self._own_parts[self._exchange.turn]
        for part, parameter, has in zip(own_parts, self._parameters, has_gradient, strict=True):
            if has:
                part.copy_(parameter.grad)
            else:
                part.zero_()
        rows, notes = self._exchange.meet([samples, *has_gradient])
        of_rows, *of_parameters = zip(*notes, strict=True)
        if not any(of_rows):
            return False
        self._exchange.add_up(rows, [samples_of_row / sum(of_rows) for samples_of_row in of_rows])
        for parameter, mean, have_gradient in zip(self._parameters, self._mean_parts, of_parameters, strict=True):
            parameter.grad = mean if any(have_gradient) else None
        return True
