"""Takes away the lock that a killed Snakemake left, which Snakemake itself asks a person to remove.

Its lock is a file and does not say whose. Therefore each Snakemake of this project also holds a lock of the kernel,
shared with the others in the same folder, as long as it lives. One that can have that lock for itself is alone, so
that the files it finds are nobody's.
"""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path


def unlock_if_alone(folder: Path) -> None:
    """Remove Snakemake's locks if no other process that called this is alive; be known to others as alive from now on.

    Where the folder cannot be written, nothing happens: Snakemake itself says so if it matters.

    Args:
        folder: .snakemake of the project.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        # Never closed: the kernel does that when this process ends, in whatever way. Jobs do not inherit it.
        descriptor = os.open(folder / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder / "locks", ignore_errors=True)  # Snakemake makes it again
        fcntl.flock(descriptor, fcntl.LOCK_SH)
