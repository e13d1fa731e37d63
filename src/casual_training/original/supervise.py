"""Watches over the processes of a training: what goes wrong with them is an error of the caller."""

import contextlib
import pickle
from collections.abc import Iterator

from casual_training import errors
from casual_training.measure.recorder import Recorder
from casual_training.original.loader_run import LoaderRun
from casual_training.parallel import workers


@contextlib.contextmanager
def supervised() -> Iterator[None]:
    """Start the fork server, and turn what goes wrong while workers train into what a caller expects.

    Raises:
        ValueError: the model, the loader or the optimizer cannot be sent to another process.
        RuntimeError: a process raised, was killed or ended early; its message has the cause.
    """
    workers.prepare()
    try:
        with contextlib.redirect_stdout(None):  # the supervisor's heartbeats; the workers print for themselves
            yield
    except errors.RunFailed as failure:
        raise RuntimeError(f"training failed: {failure.cause}") from failure
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            f"the model, the loader or the optimizer cannot be sent to other processes ({error}): "
            "define the classes and functions that they use at the top level of a module"
        ) from error


def warm_up() -> None:
    """Wait until the fork server has imported torch, which would otherwise be in the time of the first training."""
    with supervised():
        run = LoaderRun(workers=1, passes=0, seed=0)
        workers.run_workers(_nothing, run, Recorder(workers=1, steps=1, log_interval=1))


def _nothing(rank, run, recorder) -> None:
    pass
