"""A Snakemake that runs while a test does something to it, and everything that it has started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

MARKER = "CASUAL_TRAINING_TEST"  # a variable that all processes inherit, to find them by when their parents are gone


class StartedStudy:
    """Start Snakemake on a scratch project as a terminal does, in a process group of its own.

    Args:
        project: the Project.
        output: file for what it prints.
        cores: given to Snakemake.
    """

    def __init__(self, project, output: Path, cores: int):
        self.mark = uuid.uuid4().hex
        self.output = output
        command = [sys.executable, "-m", "snakemake", "--configfile", project.overlay.name, "--cores", str(cores)]
        with open(output, "w") as file:
            self.snakemake = subprocess.Popen(
                command,
                cwd=project.root,
                env=project.environment | {MARKER: self.mark},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Background jobs of a shell inherit it ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def has_ended_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.snakemake.wait(seconds)
        return self.snakemake.returncode is not None

    def interrupt(self, how: str) -> None:
        """Send SIGKILL or SIGTERM to Snakemake, or what Ctrl-C sends, to it and all that it has started."""
        if how == "Ctrl-C":
            os.killpg(self.snakemake.pid, signal.SIGINT)
        else:
            self.snakemake.send_signal(signal.Signals[how])

    def alive_after(self, seconds: float) -> list[str]:
        """Wait so long for all processes to end; returns the command lines of those still alive."""
        limit = time.monotonic() + seconds
        while (alive := self._alive()) and time.monotonic() < limit:
            self.snakemake.poll()
            time.sleep(0.05)
        return alive

    def _alive(self) -> list[str]:
        alive = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # ended meanwhile, or another user's
                if process.environ().get(MARKER) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(" ".join(process.cmdline()))
        return alive

    def end(self) -> None:
        """Kill what is left, whatever the test has come to."""
        self.snakemake.kill()
        self.snakemake.wait()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARKER) == self.mark:
                    process.kill()
