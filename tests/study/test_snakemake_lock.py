import os
import signal
import subprocess
import sys

import pytest

from casual_training.study.snakemake_lock import unlock_if_alone

HOLDER = """
import sys, time
from pathlib import Path
from casual_training.study.snakemake_lock import unlock_if_alone
unlock_if_alone(Path(sys.argv[1]))
print("alive", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    """A .snakemake with a lock in it."""
    folder = tmp_path / ".snakemake"
    folder.mkdir()
    make_lock(folder)
    return folder


@pytest.fixture
def start(folder):
    """Start another process, which lives until it is killed and has a lock, made after it looked for stale ones."""
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "alive\n"
        make_lock(folder)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def make_lock(folder):
    lock(folder).parent.mkdir(exist_ok=True)
    lock(folder).write_text("results/runs.csv\n")


def lock(folder):
    return folder / "locks" / "0.output.lock"


def in_another_process(folder):
    """Do it in a process that ends at once, as a dry run does."""
    ending = HOLDER.replace("time.sleep(600)", "")
    subprocess.run([sys.executable, "-c", ending, str(folder)], check=True, stdout=subprocess.DEVNULL)


def test_a_lock_that_nobody_alive_made_is_removed(folder):
    in_another_process(folder)
    assert not lock(folder).exists()


def test_the_lock_of_a_live_process_stays(folder, start):
    start()
    in_another_process(folder)
    in_another_process(folder)
    assert lock(folder).exists()


def test_the_lock_of_a_process_stays_when_an_older_one_is_killed(folder, start):
    older = start()
    start()
    older.kill()
    older.wait()
    in_another_process(folder)
    assert lock(folder).exists()


def test_the_lock_of_a_killed_process_is_removed(folder, start):
    process = start()
    process.kill()
    process.wait()
    in_another_process(folder)
    assert not lock(folder).exists()


def test_a_child_that_outlives_its_parent_does_not_pass_for_it(folder):
    options = "stdout=subprocess.DEVNULL, close_fds=False"
    child = f"subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(600)'], {options}).pid"
    program = HOLDER.replace("time.sleep(600)", f"import subprocess; print({child})")
    printed = subprocess.run([sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True).stdout
    make_lock(folder)
    in_another_process(folder)
    os.kill(int(printed.split()[-1]), signal.SIGKILL)
    assert not lock(folder).exists()


def test_a_folder_that_cannot_be_written_is_left_to_snakemake(tmp_path):
    (tmp_path / ".snakemake").write_text("")
    unlock_if_alone(tmp_path / ".snakemake")
    unlock_if_alone(tmp_path / "nowhere" / ".snakemake")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".snakemake"]
