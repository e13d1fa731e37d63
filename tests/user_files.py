"""A user's project for tests: files of networks, data sets and losses that a config names."""

import sys

import pytest

from casual_training.config.names import describe_metric
from casual_training.errors import UserCodeError
from casual_training.workload import user_code
from training import make_run

FILE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, hidden), nn.Linear(hidden, 1))

    def forward(self, inputs):
        return self.layers(inputs)

def make_data(n=60, where=None, value=float("nan")):
    inputs = torch.randn(n, 3, generator=torch.Generator().manual_seed(0))
    targets = inputs.sum(1, keepdim=True)
    if where is not None:
        (inputs if where == "inputs" else targets)[7] = value
    return (inputs, targets), (inputs[:10], targets[:10])

class Items(torch.utils.data.Dataset):
    def __len__(self):
        return 60

    def __getitem__(self, index):
        return torch.full((3,), float(index)), torch.tensor([float(index)])

def make_items():
    return Items(), Items()

def third(outputs, targets):
    return ((outputs - targets).abs() ** 3).mean()

def raises(message="no such table"):
    raise ValueError(message)
"""
LINE_OF = {
    line.split("(")[0].split()[-1].rstrip(":"): number
    for number, line in enumerate(FILE.split("\n"), start=1)
    if line.startswith(("def", "class"))
}


def user_project(tmp_path, monkeypatch):
    """For a fixture: the user's project is the working directory; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("raise ImportError('imported too early')")
    (tmp_path / "package" / "inner.py").write_text(FILE)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith((user_code.PREFIX, "package")):
            del sys.modules[name]


def run_of(**changes):
    workload = {"dataset": "mine.py:make_data", "model": "mine.py:Net", "loss": "mean_squared_error", "batch_size": 8}
    workload |= changes
    return make_run(**workload | {"metric": describe_metric(workload["loss"], changes.get("metric"))})


def refusal(call, *arguments):
    with pytest.raises(UserCodeError) as error:
        call(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)
