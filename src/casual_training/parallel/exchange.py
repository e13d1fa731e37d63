"""A table in shared memory with a row for each worker: all write theirs, meet at a barrier, and read all rows.

The table is there twice and used in turn: nobody writes the rows of one exchange while a slower worker still reads
those of the one before, and the barrier lets nobody get two ahead.
"""

from collections.abc import Iterable, Sequence

import torch

from casual_training.parallel.shared_barrier import SharedBarrier
from casual_training.shared_memory import share


class Exchange:
    """The tables of one run. Make it before the workers, give it to them as an argument, and `join` in each.

    Args:
        workers: how many exchange rows, 1 or more.
        numbers: in a row.
        dtype: of these numbers.
        what: what a row holds, for the sentence of an error: "the weights of the workers".
        notes: whole numbers that go with a row.

    Raises:
        ValueError: the tables do not fit into shared memory.
    """

    def __init__(self, workers: int, numbers: int, dtype: torch.dtype, what: str, notes: int = 0):
        self._rows = share(torch.zeros(2, workers, numbers, dtype=dtype), what, "lower study.workers")
        self._notes = torch.zeros(2, workers, notes, dtype=torch.int64).share_memory_()
        self._barrier = SharedBarrier(workers)

    def join(self, rank: int) -> None:
        """Be worker `rank`."""
        self._rank, self.turn = rank, 0  # turn: the table of the next exchange
        self._tables = [(list(rows), notes.numpy()) for rows, notes in zip(self._rows, self._notes, strict=True)]
        self.sum = torch.zeros_like(self._rows[0, 0])  # (numbers,) what add_up makes

    def own_rows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the rows that this worker writes, (numbers,) each; `turn` tells which is next."""
        one, other = self._rows[:, self._rank]
        return one, other

    def meet(self, notes: Iterable[int] = ()) -> tuple[list[torch.Tensor], list[list[int]]]:
        """Wait until every worker has written its row; return all rows, and their notes, in the order of ranks."""
        rows, all_notes = self._tables[self.turn]
        self.turn = 1 - self.turn
        all_notes[self._rank] = notes
        self._barrier.wait(self._rank)
        return rows, all_notes.tolist()

    def add_up(self, rows: list[torch.Tensor], weights: Sequence[float]) -> None:
        """Make `sum` the sum of all rows, each times its weight."""
        self.sum.zero_()
        for row, weight in zip(rows, weights, strict=True):  # in the order of ranks, or runs would not repeat
            self.sum.add_(row, alpha=weight)
