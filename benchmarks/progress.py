"""What the live line costs, as a share of the run that it shows.

    python benchmarks/progress.py

The line of the default study is drawn in a pseudo-terminal while a run of its Hogwild! with 2 workers is made, REPEATS
times. Printed are the CPU seconds of the thread that draws, and those of the run's supervisor for saying what the run
is at, both as shares of the seconds from the process's start to its end; and the seconds of importing rich, once a
study.
"""

import json
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import torch

from casual_training.measure.recorder import Recorder
from casual_training.plan.run import Run
from casual_training.study import live_line
from casual_training.study.load import PROJECT, load_files
from casual_training.study.time_left import Progress

REPEATS = 3
STATUSES = 1_000


def main() -> None:
    plan = load_files([PROJECT / "config.yaml"])
    run = next(run for run in plan.runs if run.method == "hogwild" and run.workers == 2)
    data_dir = str(PROJECT / plan.config.machine.data_dir)
    started = time.process_time()
    terminal, live = open_terminal()
    print(f"importing rich: {time.process_time() - started:.2f} s of CPU time, once a study")
    drawing, saying = [], []
    for repeat in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            terminal, live = (terminal, live) if repeat == 0 else open_terminal()
            cpu_seconds, wall_seconds = watch(run, list(plan.timed), data_dir, live)
            os.chdir(PROJECT)
        os.close(terminal)
        drawing.append(cpu_seconds / wall_seconds)
        saying.append(seconds_of_status(run) / run.heartbeat_seconds)
    print(f"drawing, share of a run of {wall_seconds:.0f} s: {percent(drawing)}")
    print(f"saying what the run is at, share of a run: {percent(saying)}")


def open_terminal() -> tuple[int, object]:
    """Open a pseudo-terminal that is read as a terminal is, and a rich Live on it."""
    ours, theirs = pty.openpty()

    def read() -> None:
        try:
            while os.read(ours, 1 << 16):
                pass
        except OSError:
            pass  # closed

    threading.Thread(target=read, daemon=True).start()
    return ours, live_line.on_terminal(theirs)


def watch(run: Run, planned: list[Run], data_dir: str, live) -> tuple[float, float]:
    """Make a run and draw the line meanwhile; return the CPU seconds of drawing and the seconds of the run."""
    progress = Progress(planned, {one.folder for one in planned}, [(one, 10.0) for one in planned if one is not run])
    progress.begin(1, "train", run.folder, time.time())
    read_end, write_end = os.pipe()
    ended, readings = threading.Event(), []

    def draw() -> None:
        live_line.draw(live_line.Jobs(progress).line, live, read_end, ended)
        readings.append(time.thread_time())

    thread = threading.Thread(target=draw)
    command = [sys.executable, "-m", "casual_training", "train", "--run", json.dumps(run.spec), "--out", run.folder]
    started = time.perf_counter()
    thread.start()
    subprocess.run([*command, "--data-dir", data_dir, "--deadline", "600"], check=True, capture_output=True)
    wall_seconds = time.perf_counter() - started
    os.close(write_end)
    thread.join()
    return readings[0], wall_seconds


def seconds_of_status(run: Run) -> float:
    """Time what a run's supervisor does to say what the run is at."""
    recorder = Recorder(run.workers, STATUSES, run.log_interval)
    for rank in range(run.workers):
        recorder.start(rank, run.threads)
        for _ in range(STATUSES):
            recorder.step(torch.tensor(1.0), run.batch_size)
    started = time.process_time()
    for _ in range(STATUSES):
        recorder.status(time.perf_counter())
    return (time.process_time() - started) / STATUSES


def percent(shares: list[float]) -> str:
    """Write the median of shares of 1, and their range."""
    return f"{statistics.median(shares):.3%} (from {min(shares):.3%} to {max(shares):.3%})"


if __name__ == "__main__":
    main()
