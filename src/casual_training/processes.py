"""Starts, watches and ends the workers of a run; the only place that starts one.

Workers are copies of a fork server that has imported torch but never run it: an import is paid once whatever the
number of workers, and no child inherits a pool of OpenMP threads, which a fork after their first use makes hang.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing import connection, forkserver

HEARTBEAT_SECONDS = 5
ENDING_SECONDS = 2  # a worker gets so long to obey SIGTERM before it is killed


class RunFailed(Exception):
    """A run that did not complete.

    Args:
        status: "failed", "timeout" or "diverged".
        cause: one sentence.
    """

    def __init__(self, status: str, cause: str):
        super().__init__(cause)
        self.status, self.cause = status, cause


def prepare() -> None:
    """Start the fork server, which begins to import torch; call it before anything slow, and before using torch."""
    multiprocessing.set_forkserver_preload(["casual_training.preload"])
    forkserver.ensure_running()


def run_workers(work, run, recorder, *arguments) -> None:
    """Run work(rank, run, recorder, *arguments) in run.workers processes and wait for all of them.

    Each worker has run.threads intra-op threads and a random state of its own; behind a barrier they start together.
    Tensors among the arguments are shared with the workers, not copied, if they are in shared memory.

    Raises:
        RunFailed: a worker raised, died, ended early or worked with other threads than planned, or the run took
            longer than run.deadline_seconds. All workers have ended by then.
    """
    import torch.multiprocessing  # teaches multiprocessing to share tensors

    context = torch.multiprocessing.get_context("forkserver")
    barrier = context.Barrier(run.workers)
    started = time.perf_counter()
    workers, causes = [], []
    try:
        for rank in range(run.workers):
            cause, to_supervisor = context.Pipe(duplex=False)
            worker = context.Process(
                target=_work,
                args=(work, rank, run, recorder, barrier, to_supervisor, arguments),
                name=f"worker {rank}",
            )
            worker.start()
            to_supervisor.close()
            workers.append(worker)
            causes.append(cause)
        _watch(workers, causes, run, recorder, started)
    finally:
        _end(workers)
        for cause in causes:
            cause.close()


def _work(work, rank, run, recorder, barrier, to_supervisor, arguments) -> None:
    """Be a worker: the first and last thing that runs in its process."""
    import torch

    from casual_training.seeding import WORKER, derived_seed

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupted worker must die of it, not exit as if it were done
    threading.Thread(target=_die_with_supervisor, daemon=True).start()
    try:
        torch.set_num_threads(run.threads)
        torch.manual_seed(derived_seed(run.seed, WORKER, rank))
        barrier.wait()
        recorder.start(rank, torch.get_num_threads())
        work(rank, run, recorder, *arguments)
        recorder.complete()
    except Exception as error:
        traceback.print_exc()
        to_supervisor.send_bytes(f"{type(error).__name__}: {' '.join(str(error).split())}".encode()[:4000])
        sys.exit(1)


def _die_with_supervisor() -> None:
    """End this worker as soon as the supervisor is gone, even if that was killed."""
    connection.wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(workers, causes, run, recorder, started: float) -> None:
    """Wait until every worker has ended as it should; raise RunFailed at the first that has not."""
    running = dict(enumerate(workers))
    deadline = started + run.deadline_seconds
    heartbeat = started + HEARTBEAT_SECONDS
    while running:
        now = time.perf_counter()
        if now >= deadline:
            names = ", ".join(worker.name for worker in running.values())
            raise RunFailed("timeout", f"{names} did not end within the deadline of {run.deadline_seconds:g} s")
        if now >= heartbeat:
            print(f"{now - started:7.1f} s: {recorder.samples:,} samples", flush=True)
            heartbeat += HEARTBEAT_SECONDS
        connection.wait([worker.sentinel for worker in running.values()], min(heartbeat, deadline) - now)
        for rank, worker in list(running.items()):
            if not worker.is_alive():
                _check(rank, worker, causes[rank], run, recorder)
                del running[rank]


def _check(rank, worker, cause, run, recorder) -> None:
    """Raise RunFailed unless a worker that has ended did all it should."""
    if worker.exitcode != 0:
        raise RunFailed("failed", f"{worker.name} {_how_it_ended(worker.exitcode, cause)}")
    if not recorder.completed(rank):
        raise RunFailed("failed", f"{worker.name} ended before its work was done")
    threads = recorder.workers()[rank]["threads"]
    if threads != run.threads:
        raise RunFailed("failed", f"{worker.name} ran with {threads} threads instead of {run.threads}")


def _how_it_ended(exitcode: int, cause) -> str:
    if cause.poll():
        try:
            return f"raised {cause.recv_bytes().decode(errors='replace')}"
        except EOFError:
            pass  # the pipe closed with nothing in it: the worker had no time to say why
    if exitcode < 0:
        return f"was killed by {signal.Signals(-exitcode).name}"
    return f"exited with code {exitcode}"


def _end(workers) -> None:
    """Leave no worker behind: ask those still there to end, then kill them."""
    for worker in workers:
        worker.terminate()
    limit = time.perf_counter() + ENDING_SECONDS
    for worker in workers:
        worker.join(max(0, limit - time.perf_counter()))
        if worker.is_alive():
            worker.kill()
            worker.join()
        worker.close()
