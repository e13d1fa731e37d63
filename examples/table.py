"""A table: how far diabetes will have progressed in a year, by regression with a small network.

    snakemake --cores 4 --configfile examples/table.yaml

The data come with scikit-learn (`pip install scikit-learn`): 442 patients, 10 figures each. Nothing here knows of the
study; examples/table.yaml names `make_data` and `make_network`.
"""

import torch
from torch import nn

TEST_ROWS = 88


def make_data(seed: int = 0):
    """Return (train, test), each (inputs, targets): (N, 10) and (N, 1) float32, standardised by the training rows."""
    from sklearn.datasets import load_diabetes  # here, because the workers need the network and not the table

    table = load_diabetes(scaled=False)
    inputs = torch.tensor(table.data, dtype=torch.float32)
    targets = torch.tensor(table.target, dtype=torch.float32).unsqueeze(1)
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    test, train = order[:TEST_ROWS], order[TEST_ROWS:]
    inputs, targets = (standardised(columns, train) for columns in (inputs, targets))
    return (inputs[train], targets[train]), (inputs[test], targets[test])


def standardised(columns: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Shift and scale each column so that these rows have mean 0 and standard deviation 1."""
    return (columns - columns[rows].mean(0)) / columns[rows].std(0)


def make_network(hidden: int = 32) -> nn.Module:
    """Return a multi-layer perceptron with two hidden layers: (B, 10) -> (B, 1)."""
    first, second, last = nn.Linear(10, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 1)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)
