"""One timed run at a time on this machine, whoever started it.

The kernel gives the lock back when its holder ends, in whatever way; nothing is left to clean up by hand.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator

# Not the temporary folder of the environment: studies with different ones, and of different users, must meet here.
# The empty file stays, because removing it would let a third study lock a new file while a second waits for the old.
PATH = "/tmp/casual-training.lock"


@contextlib.contextmanager
def exclusive_machine() -> Iterator[None]:
    """Hold the machine. Says so once if it has to wait."""
    descriptor = _open()
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another timed run on this machine to end", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open() -> int:
    # Reading is enough for a lock, and all that another user's file allows.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileExistsError):
        os.close(os.open(PATH, flags | os.O_CREAT | os.O_EXCL, 0o644))
    return os.open(PATH, flags)
