"""The networks a workload can name: one file a network, found by being here, or a factory of the user's own.

A file NAME.py has one public function `build() -> torch.nn.Module`. Networks know nothing of strategies.
"""

import importlib
import pickle
import pkgutil
from typing import TYPE_CHECKING

from casual_training.config.references import is_user_code, name_of
from casual_training.errors import UserCodeError
from casual_training.workload import user_code

if TYPE_CHECKING:  # names are listed without torch
    from torch import nn


def names() -> list[str]:
    """List the networks by name, without importing them (or torch)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def build(named: str | dict) -> "nn.Module":
    """Build a freshly initialised network from the global random state of torch.

    Args:
        named: the name of one of ours, or the user's factory (user_code.py).

    Raises:
        UserCodeError: the user's factory raises, or what it makes is no network that a worker can receive.
    """
    if not is_user_code(named):
        return importlib.import_module(f"{__name__}.{named}").build()

    import torch

    model = user_code.make(named)
    at = f"{user_code.location(None, named)}: {name_of(named)}"
    if not isinstance(model, torch.nn.Module):
        raise UserCodeError(f"{at} gives a {type(model).__name__}; return a torch.nn.Module")
    try:
        pickle.dumps(model)
    except Exception as error:
        raise UserCodeError(
            f"{at} gives a network that cannot be sent to a worker ({user_code.one_line(error)}); define its classes "
            "and functions at the top level of a file"
        ) from error
    return model
