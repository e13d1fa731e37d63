"""Weights averaged through shared memory, by every worker for itself and with one barrier an average.

Each worker writes what its network holds to its row of a table; when all have, each adds up all rows in the order of
ranks, so that all get the same mean bit for bit, in every run. The table is there twice, for even and odd averages:
whoever still reads the rows of one is not disturbed by those who write the next, and the barrier lets nobody get two
ahead.
"""

import torch

from casual_training.parallel.shared_barrier import SharedBarrier
from casual_training.shared_memory import share


class SharedWeights:
    """The table of one run: a row for each worker, of all floating-point numbers in the state of its network, flat.

    Make it before the workers and give it to them as an argument.

    Args:
        model: the network, on the CPU.
        workers: how many share it, 1 or more.

    Raises:
        ValueError: the table does not fit into shared memory.
    """

    def __init__(self, model, workers: int):
        own = _flat(_state(model))
        rows = torch.zeros(2, workers, len(own), dtype=own.dtype)
        self._tables = list(share(rows, "the weights of the workers", "lower study.workers"))
        self._barrier = SharedBarrier(workers)

    @torch.no_grad()
    def average(self, rank: int, model) -> None:
        """Replace the weights and other floating-point numbers of worker `rank`'s network by their mean over all."""
        rows = self._tables[0]
        self._tables.reverse()  # each process turns its own list round
        state = _state(model)
        rows[rank] = _flat(state)
        self._barrier.wait(rank)
        mean = rows[0].clone()
        for row in rows[1:]:  # in the order of ranks, or runs would not repeat
            mean += row
        mean /= len(rows)
        for tensor, values in zip(state, mean.split([tensor.numel() for tensor in state]), strict=True):
            tensor.copy_(values.view_as(tensor))


def _state(model) -> list[torch.Tensor]:
    return [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]


def _flat(state: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in state])
