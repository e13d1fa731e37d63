import os
import signal
import subprocess
import sys

import pytest

from casual_training.study import snakemake_parent

JOB = """
import signal, sys, time
from casual_training.study import snakemake_parent
signal.signal(signal.SIGTERM, {handler})
snakemake_parent.end_with_snakemake()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def start():
    """Start a process that obeys SIGTERM or does not, with another as its Snakemake or none."""
    started = []

    def start(handler, pid=None):
        environment = {name: value for name, value in os.environ.items() if name != snakemake_parent.VARIABLE}
        if pid is not None:
            environment[snakemake_parent.VARIABLE] = str(pid)
        command = [sys.executable, "-c", JOB.format(handler=handler)]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def exit_code_after(seconds, process):
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return "still there"


@pytest.fixture
def snakemake():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_a_job_ends_in_order_once_its_snakemake_was_killed(start, snakemake):
    job = start("lambda number, frame: sys.exit(7)", snakemake.pid)
    assert job.stdout.readline() == "started\n"
    snakemake.kill()  # and it stays a zombie, because nobody waits for it
    assert exit_code_after(2, job) == 7


def test_a_job_that_does_not_obey_is_killed(start, snakemake):
    job = start("signal.SIG_IGN", snakemake.pid)
    assert job.stdout.readline() == "started\n"
    snakemake.kill()
    assert exit_code_after(5, job) == -signal.SIGKILL


def test_a_job_whose_snakemake_is_gone_before_it_looks_ends_at_once(start, snakemake):
    snakemake.kill()
    snakemake.wait()
    assert exit_code_after(2, start("lambda number, frame: sys.exit(7)", snakemake.pid)) == 7


def test_a_command_given_by_hand_watches_nobody(start):
    process = start("signal.SIG_DFL")
    assert process.stdout.readline() == "started\n"
    assert exit_code_after(1, process) == "still there"
