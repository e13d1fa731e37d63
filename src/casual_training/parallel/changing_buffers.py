"""Which networks cannot be trained by workers that share or exchange weights at moments of their own.

They are those with running statistics, or anything else that a pass over a batch itself changes. What a layer of torch
does is known; what a module of the user's own does shows in the step that is tried before the run (runs/preflight.py).
"""

import weakref

import torch
from torch import nn

from casual_training.errors import RunFailed

_changed_buffers: weakref.WeakKeyDictionary[nn.Module, str] = weakref.WeakKeyDictionary()


def note_changed_buffer(model: nn.Module, stepped: nn.Module) -> None:
    """Remember of `model` which buffer, if any, differs in `stepped`, a copy of it that has made a training step."""
    before = dict(model.named_buffers())
    for name, after in stepped.named_buffers():
        if name not in before or not _same(before[name], after):
            _changed_buffers[model] = name
            return


def refuse_changing_buffers(model: nn.Module, method: str) -> None:
    """Raise RunFailed("unavailable", ...) if training steps change more of `model` than its weights.

    No gradient corrects what one worker overwrites of another's, and none brings it to where the weights are.
    """
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.track_running_stats:
            raise RunFailed(
                "unavailable",
                f"{method} cannot train a network with batch norm ({type(layer).__name__}), because its workers would "
                "overwrite each other's running statistics; use group norm, or a method such as sync_shared",
            )
    if model in _changed_buffers:
        raise RunFailed(
            "unavailable",
            f"{method} cannot train a network whose forward pass changes a buffer ({_changed_buffers[model]}), because "
            "its workers would overwrite or lose each other's values; use a network without, or a method such as "
            "sync_shared",
        )


def _same(before: torch.Tensor, after: torch.Tensor) -> bool:
    """Return whether two tensors are equal, where a nan equals a nan."""
    alike = (before.shape, before.dtype) == (after.shape, after.dtype)
    return alike and torch.allclose(before, after, rtol=0, atol=0, equal_nan=True)
