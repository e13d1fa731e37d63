"""Who updates when: the parameter server without RPC, driven by workers that push in any order."""

import math
import random
import threading

import pytest
import torch

from casual_training.parallel.parameter_server import ParameterServer


def make_server(workers, max_staleness=None, size=1):
    """A server whose weights count what is applied: each gradient of 1 adds 1."""
    weights = torch.nn.Parameter(torch.zeros(size))
    return ParameterServer(weights, torch.optim.SGD([weights], lr=1.0, maximize=True), workers, max_staleness)


def push(server, rank, value=1.0):
    return server.push(rank, torch.tensor([value]))


def test_the_answer_has_the_new_weights_and_their_version():
    server = make_server(1)
    for number in (1, 2, 3):
        answer = push(server, 0).wait()
        assert (answer.weights.item(), answer.version) == (number, number)
        assert answer.lock_wait_seconds >= 0
        assert answer.lock_hold_seconds > 0


def test_later_updates_leave_the_weights_of_an_answer_alone():
    server = make_server(1)
    answer = push(server, 0).wait()
    push(server, 0)
    assert answer.weights.item() == 1


@pytest.mark.parametrize("workers", [2, 4])
def test_of_10_000_gradients_that_threads_push_at_once_none_is_lost(workers):
    server = make_server(workers, size=20_000)

    def work(rank):
        for _ in range(10_000 // workers):
            server.push(rank, torch.full((20_000,), 1.0 + rank)).wait()
        server.leave(rank)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.version == 10_000
    assert set(server.weights.tolist()) == {sum(10_000 // workers * (1 + rank) for rank in range(workers))}


def test_an_update_of_synchronous_workers_waits_for_all_and_takes_the_mean():
    server = make_server(3, max_staleness=0)
    early = [push(server, 2, 6.0), push(server, 0, 1.0)]
    assert not any(future.done() for future in early)
    assert server.version == 0
    last = push(server, 1, 2.0)
    assert {future.wait().weights.item() for future in [*early, last]} == {3.0}
    assert server.version == 1


def test_synchronous_gradients_are_summed_in_the_order_of_the_ranks():
    values = [1.0, 2**-24, 2**-24]  # the sum is 1 from the left, and more than 1 from the right
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        server = make_server(3, max_staleness=0)
        for rank in order:
            push(server, rank, values[rank])
        assert server.weights.item() == torch.tensor(1.0).div(3).item()


def test_nobody_waits_for_a_worker_that_has_left():
    server = make_server(2, max_staleness=0)
    waiting = push(server, 0)
    assert not waiting.done()
    server.leave(1)
    assert waiting.wait().version == 1
    assert push(server, 0).wait().version == 2


def test_an_update_misses_no_more_updates_than_the_bound():
    server = make_server(2, max_staleness=2)
    assert push(server, 0).wait().version == 1
    assert push(server, 0).wait().version == 2
    third = push(server, 0)
    assert not third.done()  # or worker 1, which still computes on version 0, would miss three
    assert push(server, 1).wait().version == 3
    assert third.wait().version == 4


@pytest.mark.parametrize("max_staleness", [0, 1, 2, 5, math.inf])
@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_in_any_order_every_push_is_answered_within_the_bound(workers, max_staleness):
    chance = random.Random(workers)
    for _ in range(50):
        server = make_server(workers, max_staleness)
        left = {rank: chance.randrange(12) for rank in range(workers)}  # some have nothing to do at all
        pulled, waiting, staleness = dict.fromkeys(left, 0), {}, []
        while left or waiting:
            for rank, future in list(waiting.items()):
                if future.done():
                    del waiting[rank]
                    staleness.append(future.wait().version - 1 - pulled[rank])
                    pulled[rank] = future.wait().version
            free = [rank for rank in left if rank not in waiting]
            assert free or not waiting, "all workers wait for each other"
            if not free:
                continue
            rank = chance.choice(free)
            if left[rank] == 0:
                del left[rank]
                server.leave(rank)
            else:
                left[rank] -= 1
                waiting[rank] = push(server, rank)
        assert max(staleness, default=0) <= max_staleness
        assert (max_staleness > 0) or set(staleness) <= {0}
