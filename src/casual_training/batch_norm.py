"""Which networks cannot be trained by workers that share or exchange weights at moments of their own."""

from torch import nn

from casual_training.processes import RunFailed


def refuse_batch_norm(model: nn.Module, method: str) -> None:
    """Raise RunFailed("unavailable", ...) if a layer of `model` keeps running statistics.

    They are no weights: no gradient corrects what one worker overwrites of another's.
    """
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.track_running_stats:
            raise RunFailed(
                "unavailable",
                f"{method} cannot train a network with batch norm ({type(layer).__name__}), because its workers would "
                "overwrite each other's running statistics; use group norm, or a method such as sync_shared",
            )
