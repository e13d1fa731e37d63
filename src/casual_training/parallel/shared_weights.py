"""Weights averaged through shared memory, by every worker for itself and with one barrier an average.

Each worker adds up all rows in the order of ranks, so that all get the same mean bit for bit, in every run.
"""

import torch
from torch import nn

from casual_training.parallel.exchange import Exchange


class SharedWeights:
    """The weights of one run: a row for each worker, of all floating-point numbers in its network's state, flat.

    Make it before the workers and give it to them as an argument.

    Args:
        model: the network, on the CPU.
        workers: how many share it, 1 or more.

    Raises:
        ValueError: the table does not fit into shared memory.
    """

    def __init__(self, model: nn.Module, workers: int):
        own = _flat(_state(model))
        self._exchange = Exchange(workers, len(own), own.dtype, "the weights of the workers")

    def join(self, rank: int, model: nn.Module) -> None:
        """Be worker `rank`, whose weights are those of its own `model`."""
        self._model = model
        self._exchange.join(rank)
        self._own_rows = self._exchange.own_rows()

    @torch.no_grad()
    def average(self) -> None:
        """Replace the weights and other floating-point numbers of the worker's network by their mean over all."""
        state = _state(self._model)
        self._own_rows[self._exchange.turn].copy_(_flat(state))
        rows, _ = self._exchange.meet()
        self._exchange.add_up(rows, [1] * len(rows))
        mean = self._exchange.sum.div_(len(rows))
        for tensor, values in zip(state, mean.split([tensor.numel() for tensor in state]), strict=True):
            tensor.copy_(values.view_as(tensor))


def _state(model: nn.Module) -> list[torch.Tensor]:
    return [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]


def _flat(state: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in state])
