"""The networks a workload can name: one file a network, found by being here.

A file NAME.py has one public function `build() -> torch.nn.Module`. Networks know nothing of strategies.
"""

import importlib
import pkgutil


def names() -> list[str]:
    """List the networks by name, without importing them (or torch)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def build(name: str):
    """Build a freshly initialised network from the global random state of torch."""
    return importlib.import_module(f"{__name__}.{name}").build()
