"""Copies of the weights at fixed numbers of samples, from which accuracy against time is computed after the clock.

The memory is there before training starts and is shared, so that a copy is all that a snapshot costs the worker that
takes it. Workers that update shared weights without a lock may do so while they are copied, as they may while they are
read for a forward pass.
"""

import math

import torch

from casual_training.shared_memory import share

ALIGNMENT = 16  # bytes; torch reads a tensor of any dtype at a multiple of this


class Snapshots:
    """Room for the snapshots of one run.

    Args:
        model: the network; while workers train, its tensors must hold the weights the run would end with.
        thresholds: the samples after which a snapshot is due, rising.

    Raises:
        ValueError: they do not fit into shared memory.
    """

    def __init__(self, model: torch.nn.Module, thresholds: list[int]):
        self.thresholds = thresholds
        self._tensors = model.state_dict()  # shares storage with the model, also once that is in shared memory
        self._starts, size = [], 0
        for tensor in self._tensors.values():
            self._starts.append(size)
            size += math.ceil(tensor.nbytes / ALIGNMENT) * ALIGNMENT
        room = torch.zeros(len(thresholds), size, dtype=torch.uint8)
        self._room = share(room, "the snapshots of the weights", "lower study.snapshots")
        # (snapshots, [moment as of time.perf_counter, samples]); a moment of 0 is a snapshot that was not taken
        self._taken = torch.zeros(len(thresholds), 2, dtype=torch.float64).share_memory_()

    def take(self, number: int, samples: int, moment: float) -> None:
        """Copy the weights as they are now; `moment` is now, as of time.perf_counter."""
        for name, copy in self._copies(number).items():
            copy.copy_(self._tensors[name])
        self._taken[number] = torch.tensor([moment, samples], dtype=torch.float64)

    def taken(self) -> list[tuple[float, int, dict[str, torch.Tensor]]]:
        """List the snapshots that were taken: (moment, samples, state_dict)."""
        return [
            (moment, int(samples), self._copies(number))
            for number, (moment, samples) in enumerate(self._taken.tolist())
            if moment > 0
        ]

    def _copies(self, number: int) -> dict[str, torch.Tensor]:
        """Return the place of each tensor in the room of one snapshot, as a tensor of its shape and dtype."""
        row = self._room[number]
        return {
            name: row[start : start + tensor.nbytes].view(tensor.dtype).view(tensor.shape)
            for (name, tensor), start in zip(self._tensors.items(), self._starts, strict=True)
        }
