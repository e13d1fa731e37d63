"""The order of the samples in each epoch of each process."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from casual_training.original.loader_run import WholeLoader

SAMPLES = TensorDataset(torch.arange(20), torch.arange(20))


def order(loader, seed=1, rank=0, number=0):
    return torch.cat([inputs for inputs, _ in WholeLoader(loader, seed).batches(number, rank)]).tolist()


def loaders():
    yield DataLoader(SAMPLES, batch_size=3, shuffle=True)
    yield DataLoader(SAMPLES, batch_size=3, shuffle=True, generator=torch.Generator())


def test_the_order_follows_from_the_seed_the_rank_and_the_epoch():
    for loader in loaders():
        first = order(loader)
        assert sorted(first) == list(range(20))
        assert order(loader) == first
        assert first != order(loader, seed=2) != order(loader, rank=1) != order(loader, number=1) != first


def test_a_loader_that_does_not_shuffle_keeps_its_order():
    assert order(DataLoader(SAMPLES, batch_size=3), rank=1) == list(range(20))
