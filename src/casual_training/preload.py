"""What every worker needs to have imported; the fork server imports it once and workers start as copies of it.

torch._dynamo is on the list because torch imports it, slowly, when the first optimizer is made, which would
otherwise happen in every worker, inside its train clock.
"""

import atexit
import gc
import importlib
import os
import shutil

from casual_training import processes

# Importing makes a million objects that stay; collecting among them meanwhile costs a fifth of the time.
gc.disable()
for module in ("torch", "torch._dynamo", "casual_training.pipelines"):
    importlib.import_module(module)
gc.freeze()  # what is there now is shared with the workers and need not be looked at again
gc.enable()


def _leave_at_once(server: int) -> None:
    # Torch takes over a second to take itself down, by which time the next run may have started its clock.
    if os.getpid() == server:  # and not in a worker, whose exit code must stay its own
        # A supervisor that was killed could not remove its temporary files; the fork server ends after it.
        shutil.rmtree(os.environ[processes.TEMPORARY_FOLDER], ignore_errors=True)
        os._exit(0)


atexit.register(_leave_at_once, os.getpid())
