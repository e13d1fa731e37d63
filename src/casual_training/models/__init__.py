"""The networks a workload can name: one file a network, found by being here, or a factory of the user's own.

A file NAME.py has one public function `build() -> torch.nn.Module`. Networks know nothing of strategies.
"""

import importlib
import pickle
import pkgutil

from casual_training import own
from casual_training.own import OwnCodeError, name_of, said, where


def names() -> list[str]:
    """List the networks by name, without importing them (or torch)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def build(named: str | dict):
    """Build a freshly initialised network from the global random state of torch.

    Args:
        named: the name of one of ours, or the user's factory (own.py).

    Raises:
        OwnCodeError: the user's factory raises, or what it gives is no network that a worker can receive.
    """
    if not own.is_own(named):
        return importlib.import_module(f"{__name__}.{named}").build()

    import torch

    model = own.make(named)
    at = f"{where(None, named)}: {name_of(named)}"
    if not isinstance(model, torch.nn.Module):
        raise OwnCodeError(f"{at} gives a {type(model).__name__}; return a torch.nn.Module")
    try:
        pickle.dumps(model)
    except Exception as error:
        raise OwnCodeError(
            f"{at} gives a network that cannot be sent to a worker ({said(error)}); define its classes and functions "
            "at the top level of a file"
        ) from error
    return model
