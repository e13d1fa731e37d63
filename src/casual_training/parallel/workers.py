"""Starts, watches and ends the workers of a run; the only place that starts one.

Workers are copies of a fork server that has imported torch but never run it: an import is paid once whatever the
number of workers, and no child inherits a pool of OpenMP threads, which a fork after their first use makes hang.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing import connection, forkserver, util
from multiprocessing.context import BaseContext

from casual_training.config.references import is_user_code
from casual_training.errors import RunFailed
from casual_training.workload import user_code  # also lets a worker receive what the user's own files define

TEMPORARY_FOLDER = "CASUAL_TRAINING_TEMPORARY_FOLDER"  # tells the fork server which folder is the supervisor's
UNKNOWN_EXITCODE = 255  # what multiprocessing says of a process whose fork server is gone
ENDING_SECONDS = 2  # a process gets so long to obey SIGTERM before it is killed


def prepare() -> None:
    """Start the fork server, which begins to import torch; call it before anything slow, and before using torch."""
    # What is put there is removed when this process ends, and by the fork server if this process is killed.
    os.environ[TEMPORARY_FOLDER] = util.get_temp_dir()
    # Importing some parts of torch makes this folder, whether or not anything is compiled.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.path.join(util.get_temp_dir(), "torchinductor")
    multiprocessing.set_forkserver_preload(["casual_training.parallel.fork_server_preload"])
    forkserver.ensure_running()


def context() -> BaseContext:
    """Return the multiprocessing context of the workers: the locks and events that they share are made with it."""
    import torch.multiprocessing  # teaches multiprocessing to share tensors

    return torch.multiprocessing.get_context("forkserver")


def run_workers(
    work: Callable,
    run,
    recorder,
    *arguments,
    join: Callable[[int], AbstractContextManager] = contextlib.nullcontext,
    serve: Callable | None = None,
    server_threads: int | None = None,
) -> None:
    """Run work(rank, run, recorder, *arguments) in run.workers processes and wait for all of them.

    Each worker has run.threads intra-op threads and a random state of its own; behind a barrier they start together.
    Tensors among the arguments are shared with the workers, not copied, if they are in shared memory.

    Args:
        work: a worker's part, a function of a module.
        run: the run: its workers, threads, cores, seed, loss, user_code, deadline_seconds and heartbeat_seconds.
        recorder: its recorder.
        arguments: what else `work` needs; must be picklable.
        join: join(rank) is a context manager that a process is in from before the barrier to after its work, for
            instance a process group; the server's rank is run.workers.
        serve: serve(*arguments) prepares one more process, the server, before the barrier; it serves as long as `join`
            keeps it.
        server_threads: its intra-op threads; None is one for every core.

    Raises:
        RunFailed: a worker raised, died, ended early or worked with other threads than planned, or the run took
            longer than run.deadline_seconds. All workers have ended by then.
    """
    make = context()
    threads = [run.threads] * run.workers  # of each process
    if serve is not None:
        threads.append(server_threads or run.cores)
    barrier = make.Barrier(len(threads))
    started = time.perf_counter()
    processes, causes = [], []
    try:
        for rank, planned_threads in enumerate(threads):
            cause, to_supervisor = make.Pipe(duplex=False)
            name, function = (f"worker {rank}", work) if rank < run.workers else ("server", serve)
            process = make.Process(
                target=_work,
                args=(function, rank, planned_threads, run, recorder, barrier, join, to_supervisor, arguments),
                name=name,
            )
            process.start()
            to_supervisor.close()
            processes.append(process)
            causes.append(cause)
        _watch(processes, threads, causes, run, recorder, started)
    finally:
        _end(processes)
        for cause in causes:
            cause.close()


def _work(function, rank, threads, run, recorder, barrier, join, to_supervisor, arguments) -> None:
    """Be a worker, or the server: the first and last thing that runs in its process."""
    import torch

    from casual_training.plan.seeds import WORKER, derived_seed

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupted worker must die of it, not exit as if it were done
    threading.Thread(target=_die_with_supervisor, daemon=True).start()
    is_server = rank == run.workers
    try:
        torch.set_num_threads(threads)
        # A server has the random state of the first worker, because it makes the passes that draw from it.
        torch.manual_seed(derived_seed(run.seed, WORKER, 0 if is_server else rank))
        if is_user_code(run.loss):
            user_code.load(run.loss)  # an import, which is not to be timed
        with join(rank):
            if is_server:
                function(*arguments)
            barrier.wait()
            recorder.start(rank, torch.get_num_threads())
            if not is_server:
                function(rank, run, recorder, *arguments)
                recorder.complete()
            barrier.wait()  # memory is recorded while everybody is there to share it
            recorder.record_memory()
        if is_server:
            recorder.complete()  # it has served until all workers left
    except Exception as error:
        traceback.print_exc()
        reason, _, _ = f"{type(error).__name__}: {error}".partition("Exception raised from ")  # and the stack of C++
        place = user_code.raise_location(error, *run.user_code)
        reason += f" ({place})" if place else ""
        to_supervisor.send_bytes(" ".join(reason.split()).encode()[:4000])
        sys.exit(1)


def _die_with_supervisor() -> None:
    """End this worker as soon as the supervisor is gone, even if that was killed."""
    connection.wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(workers, threads, causes, run, recorder, started: float) -> None:
    """Wait until every worker has ended as it should; raise RunFailed at the first that has not."""
    running = dict(enumerate(workers))
    deadline = started + run.deadline_seconds
    heartbeat = started + run.heartbeat_seconds
    while running:
        now = time.perf_counter()
        if now >= deadline:
            names = ", ".join(worker.name for worker in running.values())
            raise RunFailed("timeout", f"{names} did not end within the deadline of {run.deadline_seconds:g} s")
        if now >= heartbeat:
            print(f"{now - started:7.1f} s: {recorder.status(now)}", flush=True)
            heartbeat += run.heartbeat_seconds
        connection.wait([worker.sentinel for worker in running.values()], min(heartbeat, deadline) - now)
        ended = [(rank, worker) for rank, worker in running.items() if not worker.is_alive()]
        # The killed first (their exit codes are negative): whoever was talking to them has failed as well.
        for rank, worker in sorted(ended, key=lambda item: item[1].exitcode):
            _check(rank, worker, threads[rank], causes[rank], recorder)
            del running[rank]


def _check(rank, worker, planned_threads, cause, recorder) -> None:
    """Raise RunFailed unless a worker that has ended did all it should."""
    if worker.exitcode != 0:
        raise RunFailed("failed", f"{worker.name} {_how_it_ended(worker.exitcode, cause)}")
    if not recorder.completed(rank):
        raise RunFailed("failed", f"{worker.name} ended before its work was done")
    threads = recorder.threads(rank)
    if threads != planned_threads:
        raise RunFailed("failed", f"{worker.name} ran with {threads} threads instead of {planned_threads}")


def _how_it_ended(exitcode: int, cause) -> str:
    if cause.poll():
        try:
            return f"raised {cause.recv_bytes().decode(errors='replace')}"
        except EOFError:
            pass  # the pipe closed with nothing in it: the worker had no time to say why
    if exitcode < 0:
        return f"was killed by {signal.Signals(-exitcode).name}"
    if exitcode == UNKNOWN_EXITCODE:
        return "was lost with the fork server, which has been killed"
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
        worker.close()  # also ends it if the fork server was killed: it watches the pipe that this closes
