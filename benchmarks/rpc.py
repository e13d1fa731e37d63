"""What one RPC round trip costs, in CPU time of both processes, and how much of it the payload is.

    python benchmarks/rpc.py

Over the transport that the parameter servers use, with one thread a process: calls that carry nothing, and calls that
carry a flat gradient of simple_nn (87 kB) there and as many weights back. Five turns of 1,000 calls each.
"""

import resource
import statistics
import time

import torch
from torch import multiprocessing
from torch.distributed import rpc

from casual_training.parallel.rendezvous import SERVER, private_store, rpc_group

TURNS, CALLS, PARAMETERS = 5, 1000, 21_840


def main() -> None:
    with private_store() as store:
        multiprocessing.spawn(measure, (store,), nprocs=2)


def measure(rank: int, store) -> None:
    """Be the worker that calls and prints, or the server."""
    torch.set_num_threads(1)
    with rpc_group(store, 1, "uv", rank):
        if rank == 0:
            calls = {"nothing": (None,), "87 kB each way": (torch.zeros(PARAMETERS),)}
            turns = [{name: seconds_of(carried) for name, carried in calls.items()} for _ in range(TURNS)]
            for name in calls:
                for kind, values in zip(
                    ("round trip", "CPU"), zip(*(turn[name] for turn in turns), strict=True), strict=True
                ):
                    spread = f"{1000 * min(values):.2f} to {1000 * max(values):.2f}"
                    print(f"{name}, {kind}: {1000 * statistics.median(values):.2f} ms ({spread})")


def seconds_of(carried: tuple) -> tuple[float, float]:
    """Return the seconds of a call, and the CPU seconds of both processes for it."""
    cpu, started = cpu_seconds() + rpc.rpc_sync(SERVER, cpu_seconds), time.perf_counter()
    for _ in range(CALLS):
        rpc.rpc_sync(SERVER, echo, carried)
    seconds = time.perf_counter() - started
    return seconds / CALLS, (cpu_seconds() + rpc.rpc_sync(SERVER, cpu_seconds) - cpu) / CALLS


def echo(carried):
    """Answer with what came; runs on the server."""
    return carried


def cpu_seconds() -> float:
    """Return the CPU seconds of the process that this runs in."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
