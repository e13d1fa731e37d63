"""The live line stands below all that is printed, in one line of the terminal, and leaves it as it was.

Each test makes a process of its own in a pseudo-terminal, with a logger that says what Snakemake's would.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time

import pytest

from casual_training.study.live_line import read_status
from training import make_run

SERIAL_RUN = make_run()
STUDY = f"""
from casual_training.plan.run import Run

runs = [Run(**{SERIAL_RUN.spec} | dict(method="[bold]", seed=seed)) for seed in (1, 2)]
"""
SNAKEFILE = f"""
from snakemake.logging import logger

from casual_training.study.live_line import LiveLine
{STUDY}
LINE = LiveLine()

onstart:
    LINE.start(runs, {{run.folder for run in runs}}, logger)

onsuccess:
    LINE.stop()

rule page:
    input:
        f"{{runs[0].folder}}/run.json",
    shell:
        "echo printed by another"

rule train:
    output:
        f"{{runs[0].folder}}/run.json",
    log:
        f"{{runs[0].folder}}/train.log",
    shell:
        "echo '    1.0 s: evaluating' >{{log}}; echo printed by a job; sleep 0.2; touch {{output}}"
"""
STUDY += """
import logging, os, subprocess, sys, time
from casual_training.study.live_line import LiveLine

logger = logging.getLogger("of a test")
logger.setLevel("INFO")
stream = logging.StreamHandler()
stream.name = "DefaultStreamHandler"
logger.addHandler(stream)
line, log = LiveLine(), f"{runs[0].folder}/train.log"
line.start(runs, {run.folder for run in runs}, logger)
logger.info("rule train: ...", extra=dict(event="job_info", jobid=1, rule_name="train", log=[log]))
os.makedirs(runs[0].folder)
with open(log, "w") as log:
    print("    1.0 s: epoch 0.50 of 1, loss nan, 9,504 samples/s", file=log)
subprocess.run(["sh", "-c", "echo printed by a job >&2; echo and on its stdout"])
"""
END = """
with open(f"{runs[0].folder}/run.json", "w") as file:
    file.write('{"clocks": {"wall_seconds": 5}}')
logger.info("Finished jobid: 1", extra=dict(event="job_finished", job_id=1))
logger.info("an error", extra=dict(event="error"))
time.sleep(1)
line.stop()
print("after it", file=sys.stderr)
"""
WHOLE = "0 of 2 runs · [bold] 1x1, seed 1: epoch 0.50 of 1, loss nan, 9,504 samples/s"


def shown(code, folder, columns=120):
    """Run code in a pseudo-terminal; give what arrived there."""
    return shown_by([sys.executable, "-c", code], folder, columns)


def shown_by(command, folder, columns=120):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = os.environ | {"TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    arrived = b""
    try:
        while received := os.read(ours, 1 << 16):
            arrived += received
    except OSError:
        pass  # Linux says so when nobody has the terminal any more
    os.close(ours)
    process.wait()
    return arrived.decode()


def screen(arrived):
    """Return the lines that a terminal shows in the end, of what the line and plain text need of one."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", arrived):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part == "\x1b[1A":
            row -= 1
        elif not part.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


def test_what_is_printed_stands_above_the_line(tmp_path):
    arrived = shown(STUDY + "time.sleep(1)" + END, tmp_path)
    assert WHOLE in arrived
    assert "1 of 2 runs · under a minute left" in arrived
    assert screen(arrived) == ["printed by a job", "and on its stdout", "an error", "after it", ""]


def test_the_line_is_never_wider_than_the_terminal(tmp_path):
    arrived = shown(STUDY + "time.sleep(1)" + END, tmp_path, columns=30)
    drawn = [line for line in re.split(r"\r|\n|\x1b\[[?0-9;]*[A-Za-z]", arrived) if " of 2 runs" in line]
    assert WHOLE[:29] + "…" in drawn
    assert max(map(len, drawn)) <= 30


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "os.kill(os.getpid(), 9)"])
def test_a_study_that_is_interrupted_or_killed_leaves_a_cursor(end, tmp_path):
    arrived = shown(f"{STUDY}\ntime.sleep(1)\n{end}", tmp_path)
    assert WHOLE in arrived
    assert arrived.rindex("\x1b[?25h") > arrived.rindex("\x1b[?25l")


def test_an_error_that_ends_the_study_is_read_to_its_last_line(tmp_path):
    assert "ValueError: the last line" in screen(shown(f"{STUDY}\nraise ValueError('the last line')", tmp_path))


def test_snakemake_says_nothing_that_the_line_says(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    arrived = shown_by([sys.executable, "-m", "snakemake", "--cores", "1"], tmp_path)
    assert "0 of 2 runs · [bold] 1x1, seed 1: evaluating" in arrived
    assert "1 of 2 runs" in arrived
    before, _, after = "\n".join(screen(arrived)).partition("printed by a job")
    assert "printed by another" in after
    for replaced in ("rule train", "Select jobs", "Execute", "Finished jobid", "steps (", " of 2 runs"):
        assert replaced not in before + after


def test_without_a_terminal_there_is_no_line_and_every_message(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", STUDY + END], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert done.stderr.split("\n") == [
        "rule train: ...",
        "printed by a job",
        "Finished jobid: 1",
        "an error",
        "after it",
        "",
    ]


def test_a_run_is_at_what_its_log_said_last_about_it(tmp_path):
    log = tmp_path / "train.log"
    assert read_status(str(tmp_path), 0) == "starting"
    log.write_text("    1.0 s: starting workers\n    2.0 s: epoch 0.10 of 1\nthe user's own \x1b[31mprint\n    3.0")
    assert read_status(str(tmp_path), 0) == "epoch 0.10 of 1"
    log.write_text("    1.0 s: starting workers\n" + "the user's own print\n" * 1000 + "  700.1 s: evaluating\n")
    assert read_status(str(tmp_path), 0) == "evaluating"


def test_the_log_of_an_earlier_attempt_says_nothing(tmp_path):
    (tmp_path / "train.log").write_text("    9.0 s: evaluating\n")
    assert read_status(str(tmp_path), time.time() + 10) == "starting"
