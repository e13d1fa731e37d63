"""Every worker reads the rows that all have written for an exchange, again and again, whoever is slow."""

import time

import pytest
import torch

from casual_training import shared_memory
from casual_training.parallel.exchange import Exchange
from casual_training.parallel.workers import context

pytestmark = pytest.mark.usefixtures("fork_server")
EXCHANGES = 200
SLOW_SECONDS = 0.002


def make_exchange(workers, numbers=2, notes=1, dtype=torch.float32):
    return Exchange(workers, numbers, dtype, "the rows of the workers", notes)


def exchange_often(rank, exchange, seen, slow):
    """Exchange again and again; a slow worker reads its rows when the others may be at their next exchange."""
    exchange.join(rank)
    own_rows = exchange.own_rows()
    for number in range(EXCHANGES):
        own_rows[exchange.turn].fill_(1000 * rank + number)
        rows, notes = exchange.meet([1000 * rank + number])
        time.sleep(SLOW_SECONDS if rank == slow else 0)
        seen[rank, number] = torch.cat([torch.stack(rows), torch.tensor(notes)], dim=1)


@pytest.mark.parametrize("slow", [0, -1])
@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_worker_reads_the_rows_and_notes_of_all_of_its_exchange(workers, slow):
    exchange, seen = make_exchange(workers), torch.zeros(workers, EXCHANGES, workers, 3).share_memory_()
    arguments = [(rank, exchange, seen, slow % workers) for rank in range(workers)]
    processes = [context().Process(target=exchange_often, args=own, daemon=True) for own in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    written = 1000 * torch.arange(workers)[None, :, None] + torch.arange(EXCHANGES)[:, None, None]
    for of_worker in seen:
        assert torch.equal(of_worker, written.expand(-1, -1, 3).float())


def test_rows_are_added_in_their_order_with_their_weights():
    exchange = make_exchange(1, numbers=1)
    exchange.join(0)
    rows = [torch.tensor([value]) for value in (1.0, 2**-24, 2**-24)]  # 1 from the left, more than 1 from the right
    exchange.add_up(rows, [1, 1, 1])
    assert exchange.sum.item() == 1
    exchange.add_up(rows, [0.5, 0, 0])
    assert exchange.sum.item() == 0.5


def test_own_rows_are_of_two_tables_that_take_turns():
    exchange = make_exchange(1, dtype=torch.float64)
    exchange.join(0)
    one, other = exchange.own_rows()
    assert one.data_ptr() != other.data_ptr() and one.dtype == torch.float64
    turns = []
    for _ in range(3):
        turns.append(exchange.turn)
        exchange.meet([0])
    assert turns == [0, 1, 0]


def test_too_little_shared_memory_is_one_sentence(monkeypatch):
    full = shared_memory.shutil._ntuple_diskusage(9, 8, 1)
    monkeypatch.setattr(shared_memory.shutil, "disk_usage", lambda folder: full)
    with pytest.raises(ValueError, match=r"the rows of the workers need .* lower study\.workers"):
        make_exchange(2)
