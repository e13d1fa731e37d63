"""Tensors in memory that all processes of a run share."""

import shutil
from pathlib import Path

import torch

FOLDER = Path("/dev/shm")  # where Linux keeps it


def share(tensor: torch.Tensor, what: str, advice: str) -> torch.Tensor:
    """Move a tensor to shared memory and return it.

    Args:
        tensor: on the CPU.
        what: what it holds, for the sentence of an error: "the training data".
        advice: how to need less: "lower train_samples".

    Raises:
        ValueError: it does not fit; torch would be killed by the system on the first access instead.
    """
    if FOLDER.is_dir() and shutil.disk_usage(FOLDER).free < tensor.nbytes:
        raise ValueError(
            f"{what} need {tensor.nbytes / 2**20:,.0f} MB of shared memory, more than is free in {FOLDER}; {advice}, "
            "or give the container more (docker run --shm-size)"
        )
    return tensor.share_memory_()
