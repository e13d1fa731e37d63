"""Snakemake, when it is asked to end, ends its jobs.

By itself it would wait for those that run, for minutes; and it could wait for ever, because its handler takes a lock
that the thread it interrupts may be holding.
"""

import contextlib
import signal
import threading
import time

from casual_training.parallel.workers import ENDING_SECONDS

JOB = ["-m", "casual_training"]


def end_jobs_when_interrupted() -> None:
    """Make SIGTERM and SIGINT end the running jobs and start no more; the rest of the end is left to Snakemake.

    To be called in the main thread, and when Snakemake has installed the handler of its own that starts no more jobs.
    """
    start_no_more = signal.getsignal(signal.SIGTERM)
    interrupted = threading.Event()

    def handle(number, frame):
        if not interrupted.is_set():
            interrupted.set()
            threading.Thread(target=_end_jobs, args=(start_no_more,), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _end_jobs(start_no_more) -> None:
    """Ask every job to end, once, and kill it if it does not; again and again, because one may be starting just now."""
    import psutil

    start_no_more()
    asked: dict[psutil.Process, float] = {}
    while True:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                # Not the shell around a job, or Snakemake would clean up before the job has ended; and not the workers
                # of a run, which ends them itself and would take them for failed.
                if process.cmdline()[1:3] != JOB:
                    continue
                if process not in asked:
                    asked[process] = time.monotonic()
                    process.terminate()
                elif time.monotonic() - asked[process] > ENDING_SECONDS:
                    process.kill()
        time.sleep(0.1)
