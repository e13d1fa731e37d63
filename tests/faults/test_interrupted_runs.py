"""A run that is ended from outside leaves no process, no file and no half result behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from casual_training import strategies
from casual_training.records.record import read_record
from training import make_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MARKER = "CASUAL_TRAINING_TEST"
TESTS = Path(__file__).parents[1]
TIMES = 20
# The command as it is, but for the names of its files in shared memory: other runs on this machine have theirs.
COMMAND = """
import multiprocessing
import sys

multiprocessing.current_process()._config["semprefix"] = sys.argv.pop(1)
from casual_training.cli import console_script

console_script()
"""


def marked(value: str) -> list[psutil.Process]:
    """List the live processes that were started, at whatever remove, with this value of the marker."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            pass
    return found


def start(tmp_path, data_dir, strategy: str) -> subprocess.Popen:
    """Start a run that takes about 6 seconds, half of them for importing torch."""
    run = make_run(strategy=strategy, workers=1 if strategies.takes_one_worker(strategy) else 2, passes=12)
    train = ["train", "--run", json.dumps(run.spec), "--deadline", "60"]
    folders = ["--out", str(tmp_path / "out"), "--data-dir", str(data_dir)]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, semaphores(tmp_path), *train, *folders],
        env=os.environ | {MARKER: str(tmp_path), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What a shell starts in the background inherits an ignored Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def semaphores(tmp_path) -> str:
    """Return the prefix of a run's files in shared memory."""
    return f"/mp-{tmp_path.parent.name}-{tmp_path.name}"


def left_in_shared_memory(tmp_path) -> list[str]:
    return [name for name in os.listdir("/dev/shm") if semaphores(tmp_path)[1:] in name]


def end(supervisor: subprocess.Popen, how: str) -> None:
    if how == "Ctrl-C":  # a terminal sends it to everybody
        os.killpg(supervisor.pid, signal.SIGINT)
    else:
        supervisor.send_signal(signal.Signals[how])


def wait_for_nobody(value: str, seconds: float = 5) -> list[psutil.Process]:
    """Wait until no marked process is left, but not longer than this; returns those that are."""
    limit = time.perf_counter() + seconds
    while (left := marked(value)) and time.perf_counter() < limit:
        time.sleep(0.1)
    return left


@pytest.mark.parametrize(
    ("how", "attempt"),
    [
        pytest.param(how, attempt, marks=[pytest.mark.slow] if attempt else [])
        for how in ("SIGKILL", "SIGTERM", "Ctrl-C")
        for attempt in range(TIMES)
    ],
)
def test_no_process_and_no_file_outlives_a_run_ended_from_outside(how, attempt, tmp_path, data_dir):
    chance = random.Random(f"{how} {attempt}")
    strategy, moment = chance.choice(strategies.names()), chance.uniform(0.5, 6)
    supervisor = start(tmp_path, data_dir, strategy if attempt else "hogwild")
    if attempt:
        time.sleep(moment)
    else:
        until_it_trains(tmp_path)
    end(supervisor, how)
    left = wait_for_nobody(str(tmp_path))
    assert left == [], f"{strategy}, {moment:.2f} s"
    said = supervisor.communicate()[1]
    assert "Traceback" not in said
    assert left_in_shared_memory(tmp_path) == []
    assert os.listdir(tmp_path / "tmp") == []
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    check_result(tmp_path / "out" / "run.json", how, supervisor.returncode)


def check_result(path, how, code):
    """A result is whole; and if the run did not get to its own, it says who ended it."""
    if not path.exists():
        return
    status = read_record(path.parent).status
    assert status == "ok" if code == 0 else status in {"ok", "killed"}
    assert how != "SIGKILL" or status == "ok"


@pytest.mark.parametrize(("how", "code", "name"), [("SIGTERM", 143, "SIGTERM"), ("Ctrl-C", 130, "SIGINT")])
def test_a_run_that_is_ended_while_it_trains_is_the_row_killed(how, code, name, tmp_path, data_dir):
    supervisor = start(tmp_path, data_dir, "hogwild")
    until_it_trains(tmp_path)
    assert left_in_shared_memory(tmp_path), "looking for the wrong files"
    end(supervisor, how)
    assert supervisor.wait(10) == code
    record = read_record(tmp_path / "out")
    assert (record.status, record.cause) == ("killed", f"the run was ended by {name}")
    assert record.samples is None


def until_it_trains(tmp_path):
    """Wait until the workers are there: the supervisor, its fork server and resource tracker, and two of them."""
    limit = time.perf_counter() + 20
    while len(marked(str(tmp_path))) < 5:
        assert time.perf_counter() < limit, "the workers never came"
        time.sleep(0.05)


def test_a_run_that_is_ended_leaves_an_earlier_result_alone(tmp_path, data_dir):
    result = tmp_path / "out" / "run.json"
    result.parent.mkdir()
    result.write_text("earlier")
    supervisor = start(tmp_path, data_dir, "hogwild")
    until_it_trains(tmp_path)
    end(supervisor, "SIGTERM")
    supervisor.wait(10)
    assert result.read_text() == "earlier"


MANY_RUNS = """
import json
import multiprocessing
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from casual_training import strategies
    from casual_training.runs.perform import perform
    from training import make_run

    out, data, times = Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    multiprocessing.current_process()._config["semprefix"] = sys.argv[5]
    names = strategies.names()
    for number in range(times):
        strategy = names[number % len(names)]
        fails = number % 7 == 6  # some runs end badly; they must leave no more
        run = make_run(
            strategy=strategy,
            workers=1 if strategies.takes_one_worker(strategy) else 2,
            optimizer={"name": "sgd", "lr": 1e6 if fails else 0.01},
        )
        status = perform(run, out / str(number), data).status
        print(json.dumps([status, len(os.listdir("/proc/self/fd"))]), flush=True)
"""


@pytest.mark.parametrize("times", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_runs_leave_nothing_in_shared_memory_in_the_temporary_folder_or_open(times, tmp_path, data_dir):
    script, temporary = tmp_path / "runs.py", tmp_path / "tmp"
    script.write_text(MANY_RUNS)
    temporary.mkdir()
    arguments = [str(TESTS), str(tmp_path / "out"), str(data_dir), str(times), semaphores(tmp_path)]
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env=os.environ | {MARKER: str(tmp_path), "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [status for status, _ in records].count("ok") == times - times // 7, done.stderr
    open_files = [number for _, number in records]
    assert max(open_files[4:]) - open_files[3] <= 2  # by then every strategy has had its first run
    assert wait_for_nobody(str(tmp_path)) == []
    assert os.listdir(temporary) == []
    assert left_in_shared_memory(tmp_path) == []
