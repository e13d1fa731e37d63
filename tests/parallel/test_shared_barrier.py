"""Nobody passes the barrier before all have come, again and again."""

import time

import psutil
import pytest
import torch

from casual_training.parallel.shared_barrier import SharedBarrier
from casual_training.parallel.workers import context

pytestmark = pytest.mark.usefixtures("fork_server")
MEETINGS = 500


def start(function, *arguments):
    process = context().Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


def meet_often(rank, barrier, arrivals, seen):
    """Meet, and keep the least and the most arrivals of anybody that were seen after the meeting of each number."""
    for number in range(1, MEETINGS + 1):
        arrivals[rank] = number
        barrier.wait(rank)
        seen[rank, number - 1] = torch.stack([arrivals.min(), arrivals.max()])


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_nobody_leaves_before_all_are_there_and_nobody_gets_two_meetings_ahead(workers):
    barrier, arrivals = SharedBarrier(workers), torch.zeros(workers, dtype=torch.int64).share_memory_()
    seen = torch.zeros(workers, MEETINGS, 2, dtype=torch.int64).share_memory_()
    processes = [start(meet_often, rank, barrier, arrivals, seen) for rank in range(workers)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    number = torch.arange(1, MEETINGS + 1)
    assert (seen[:, :, 0] >= number).all()
    assert (seen[:, :, 1] <= number + 1).all()


def meet(barrier):
    barrier.wait(1)


def test_whoever_waits_long_sleeps_until_the_last_arrives():
    barrier = SharedBarrier(2)
    waiting = start(meet, barrier)
    limit = time.monotonic() + 60
    in_a_row = 0
    while in_a_row < 20:  # busy processes sleep as well, but not all the time
        assert time.monotonic() < limit, "the waiting process keeps a core busy"
        time.sleep(0.01)
        in_a_row = in_a_row + 1 if psutil.Process(waiting.pid).status() == psutil.STATUS_SLEEPING else 0
    assert waiting.is_alive()
    barrier.wait(0)
    waiting.join(60)
    assert waiting.exitcode == 0
