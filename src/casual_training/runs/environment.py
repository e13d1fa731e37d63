"""What a run's process does not take from whoever started it: thread counts, and how signals end it."""

import os
import signal

STOPPING_SECONDS = 3  # a little more than parallel/workers.py needs to end workers that do not obey
# Snakemake exports thread counts, and people export affinities: a run must not depend on who started it.
THREADING_VARIABLES = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "GOTO_", "VECLIB_", "NUMEXPR_")


class Terminated(SystemExit):
    """Somebody asked this process to end, with SIGTERM."""


def prepare_process(omp_wait_policy: str | None) -> None:
    """Forget inherited thread counts, set what the run asks for, and let SIGTERM and SIGINT raise in this process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    for name in [name for name in os.environ if name.startswith(THREADING_VARIABLES)]:
        del os.environ[name]
    if omp_wait_policy is not None:
        os.environ["OMP_WAIT_POLICY"] = omp_wait_policy


def _stop(number: int, frame: object) -> None:
    for either in (signal.SIGTERM, signal.SIGINT):
        signal.signal(either, signal.SIG_IGN)  # once is enough, and not while it cleans up
    signal.alarm(STOPPING_SECONDS)  # ends the process if the exception is lost, as in an import that excepts everything
    raise Terminated(128 + number) if number == signal.SIGTERM else KeyboardInterrupt
