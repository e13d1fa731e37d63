"""What the fork server imports once, because every worker needs it: workers start as copies of the fork server.

torch._dynamo is on the list because torch imports it, slowly, when the first optimizer is made, which would
otherwise happen in every worker, inside its train clock.
"""

import atexit
import gc
import importlib
import os
import shutil
import signal
import threading

from casual_training.parallel import workers

signal.signal(signal.SIGINT, signal.SIG_IGN)  # as the fork server does, but only when these imports are over
server, supervisor, imported = os.getpid(), os.getppid(), threading.Event()


def _leave() -> None:
    # Torch takes over a second to take itself down, by which time the next run may have started its clock.
    if os.getpid() == server:  # and not in a worker, whose exit code must stay its own
        # A supervisor that was killed could not remove its temporary files; the fork server ends after it.
        shutil.rmtree(os.environ[workers.TEMPORARY_FOLDER], ignore_errors=True)
        os._exit(0)


def _leave_with_supervisor() -> None:
    # The fork server does so by itself, but only when these imports, which take seconds, are over.
    while not imported.wait(0.2):
        if os.getppid() != supervisor:
            _leave()


atexit.register(_leave)
watch = threading.Thread(target=_leave_with_supervisor, daemon=True)
watch.start()
# Importing makes a million objects that stay; collecting among them meanwhile costs a fifth of the time.
gc.disable()
for module in ("torch", "torch._dynamo", "casual_training.workload.pipelines"):
    importlib.import_module(module)
imported.set()
watch.join()  # a process that forks should have one thread
gc.freeze()  # what is there now is shared with the workers and need not be looked at again
gc.enable()
