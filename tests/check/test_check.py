"""`casual-training check` finds strategies that are wrong, and says at which point of the contract."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from casual_training import strategies
from casual_training.check import check_strategy
from casual_training.check.watched_process import Result, end_of_check, try_points

# A plain Hogwild!, in which nothing is wrong.
SOUND = """
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer


def train(model, data, run, recorder):
    model.share_memory()
    run_workers(work, run, recorder, model, data)


def work(rank, run, recorder, model, data):
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            recorder.step(loss, len(targets))
"""
TRAIN = "    run_workers(work, run, recorder, model, data)\n"
WORK = "    compute_loss = make_loss(run)\n"
LEFT_BEHIND = f"casual-training-left-behind-{os.getpid()}"

# What is wrong: (a part of it, what stands there instead, the point that breaks, what is said of it).
BROKEN = {
    "half_of_the_work": (
        "range(run.passes)",
        "range((run.passes + 1) // 2)",
        "exact samples",
        "1 worker took sample 0 once in 2 passes",
    ),
    "some_samples_twice": (
        "data.batches(number, rank)",
        "data.batches(number, 0)",
        "exact samples",
        "two processes took the batches of worker 0",
    ),
    "ignores_the_seed": (
        WORK,
        "    import torch\n\n    torch.manual_seed(0)\n" + WORK,
        "seed",
        "the dropout of two seeds is the same",
    ),
    "own_threads": (
        WORK,
        "    import torch\n\n    torch.set_num_threads(3)\n" + WORK,
        "threads",
        "worker 0 had 3 threads instead of 2",
    ),
    "trains_a_copy": (
        WORK,
        "    import copy\n\n    model = copy.deepcopy(model)\n" + WORK,
        "trains",
        "the caller's model holds its initial weights",
    ),
    "holds_the_weights_too_late": (
        TRAIN,
        "    import copy\n\n    trained = copy.deepcopy(model).share_memory()\n"
        + TRAIN.replace("model", "trained")
        + "    model.load_state_dict(trained.state_dict())\n",
        "snapshots",
        "is the same after 0 and after 1 of 3 passes",
    ),
    "forgets_gradients": (
        "optimizer.zero_grad()",
        "optimizer.zero_grad() if number == 0 else None",
        "equal to serial",
        "the loss of step 15 is",
    ),
    "climbs": ("loss.backward()", "(-loss).backward()", "trains", "the loss does not fall"),
    "swallows_death": (
        TRAIN,
        "    try:\n    " + TRAIN + "    except Exception:\n        pass\n",
        "death",
        "worker 0 was killed, and train returned as if nothing had happened",
    ),
    "does_it_here": (TRAIN, "    work(0, run, recorder, model, data)\n", "trains", "the caller's process took a batch"),
    "raises": (WORK, WORK.replace("run", "ran"), "trains", "raised NameError: name 'ran' is not defined"),
}

# Makes all of these fail in one process: importing torch for each would take a minute.
TRY_THEM = """
import sys
from pathlib import Path

from casual_training import strategies
from casual_training.check.__main__ import main
from casual_training.check.check_strategy import POINTS

if __name__ == "__main__":
    names = {strategies.add(Path(file)): Path(file) for file in sys.argv[1:]}  # before the fork server starts
    for name, file in names.items():
        main(name, file.with_suffix(".results"), POINTS)
"""


def broken(folder: Path, name: str, old: str, new: str) -> Path:
    """Write a strategy with one thing wrong."""
    assert SOUND.count(old) == 1, old
    file = folder / f"{name}.py"
    file.write_text(SOUND.replace(old, new))
    return file


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What is said of each broken strategy, point -> (outcome, words)."""
    folder = tmp_path_factory.mktemp("broken")
    script = folder / "try_them.py"
    script.write_text(TRY_THEM)
    files = [broken(folder, name, old, new) for name, (old, new, *_) in BROKEN.items()]
    files.append(broken(folder, "nearly_serial", "loss.backward()", "(loss * 1.00001).backward()"))
    files[-1].write_text(files[-1].read_text() + "\n\nSERIAL_TOLERANCE = 0.01\n")
    subprocess.run([sys.executable, str(script), *map(str, files)], check=True, timeout=240)
    lines = {file.stem: file.with_suffix(".results").read_text().splitlines() for file in files}
    return {
        name: {result["point"]: (result["outcome"], result["detail"]) for result in map(json.loads, told)}
        for name, told in lines.items()
    }


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_found_at_its_point(name, results):
    *_, point, words = BROKEN[name]
    outcome, said = results[name][point]
    assert outcome == "broke"
    assert words in said


def test_a_stated_tolerance_is_granted(results):
    outcome, said = results["nearly_serial"]["equal to serial"]
    assert outcome == "passed"
    assert "to a relative difference of 0.01, its SERIAL_TOLERANCE" in said


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Add a strategy with one thing wrong; returns its name."""
    monkeypatch.setenv(strategies.OWN_FILES, "")
    return lambda name, old, new: strategies.add(broken(tmp_path, name, old, new))


def left_by(name, tmp_path, point="threads"):
    report = try_points(name, [point], tmp_path / "log", end_of_check())
    assert [result.outcome for result in report.results] == ["passed"]
    result = check_strategy.leaves_nothing(report)
    assert result.outcome == "broke"
    return result.detail


def test_a_process_left_behind_is_found_and_ended(own, tmp_path):
    sleep = "    import subprocess\n\n    subprocess.Popen(['sleep', '601'], start_new_session=True)\n"
    said = left_by(own("leaves_a_process", WORK, sleep + WORK), tmp_path)
    assert "left a process behind: sleep 601" in said
    assert ["sleep", "601"] not in [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no /dev/shm")
def test_files_left_behind_are_found(own, tmp_path):
    shared = Path("/dev/shm", LEFT_BEHIND)
    files = f"    import tempfile\n\n    tempfile.mkdtemp(prefix='left-')\n    open('{shared}', 'w').close()\n"
    try:
        said = left_by(own("leaves_files", TRAIN, files + TRAIN), tmp_path)
        assert f"left {LEFT_BEHIND} in /dev/shm" in said
        assert "in the temporary folder" in said
    finally:
        shared.unlink(missing_ok=True)


def test_an_address_that_others_can_reach_is_found(own, tmp_path):
    listen = "    import socket\n    import time\n\n    with socket.create_server(('0.0.0.0', 0)):\n"
    said = left_by(own("listens", TRAIN, listen + "    " + TRAIN + "        time.sleep(0.5)\n"), tmp_path)
    assert "listened on 0.0.0.0, which others can reach" in said


def test_a_false_claim_to_be_deterministic_is_found(own, tmp_path):
    noise = "    model.fc2.bias.data.normal_()\n"
    name = own("claims", TRAIN, TRAIN + "    import torch\n\n    torch.seed()\n" + noise)
    with open(tmp_path / "claims.py", "a") as file:
        file.write("\n\nDETERMINISTIC = True\n")
    result = check_strategy.deterministic(name, tmp_path / "log", 2, end_of_check())
    assert (result.outcome, result.detail) == ("broke", "2 fresh processes ended with 2 different sets of weights")


def test_a_strategy_that_ends_the_process_it_is_called_in_is_found(own, tmp_path):
    name = own("leaves", TRAIN, "    import os\n\n    os._exit(3)\n")
    broke, other = try_points(name, ["trains", "seed"], tmp_path / "log", end_of_check()).results
    assert broke == Result("trains", "broke", "train ended its process (3)")
    assert other == Result("seed", "not tried", "A point before ended the process")


def test_a_strategy_that_hangs_is_ended_and_passes_nothing(own, tmp_path):
    name = own("hangs", TRAIN, "    import time\n\n    time.sleep(600)\n")
    report = try_points(name, ["trains", "seed", "death"], tmp_path / "log", time.monotonic() + 1)
    assert [result.outcome for result in report.results] == ["broke", "not tried", "not tried"]
    assert "train had not returned when the 50 s of a check were over" in report.results[0].detail
    assert check_strategy.leaves_nothing(report).outcome == "not tried"


def test_determinism_is_not_tried_when_the_time_of_a_check_is_over(tmp_path):
    result = check_strategy.deterministic("serial", tmp_path / "log", 3, time.monotonic())
    assert (result.point, result.outcome) == ("deterministic", "not tried")


def check(*arguments):
    arguments = [sys.executable, "-m", "casual_training", "check", *map(str, arguments)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120)


def test_a_sound_strategy_anywhere_passes_and_leaves_nothing_beside_it(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(SOUND)
    done = check(file)
    first, *lines = done.stdout.splitlines()
    assert first == "mine"
    assert [line.split()[0] for line in lines] == ["passed"] * 7 + ["not", "passed"], done.stdout
    assert done.returncode == 0
    assert os.listdir(tmp_path) == ["mine.py"]


def test_a_broken_strategy_is_exit_code_1_with_a_log(tmp_path):
    *change, _, words = BROKEN["raises"]
    file = broken(tmp_path, "mine", *change)
    done = check(file, "--log", tmp_path / "log")
    assert done.returncode == 1
    assert words in done.stdout
    assert f'File "{file}", line' in (tmp_path / "log").read_text()


def test_what_a_strategy_needs_and_is_not_there_is_no_failure(tmp_path):
    raised = "    from casual_training.errors import RunFailed\n\n    raise RunFailed('unavailable', 'no chip')\n"
    done = check(broken(tmp_path, "mine", TRAIN, raised))
    assert done.stdout.splitlines() == ["mine", "  unavailable  trains           no chip"]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("mine.py", "def work(): pass\n", "mine.py has no function train(model, data, run, recorder); write one"),
        ("mine.py", "def train(\n", "mine.py, line 1: '(' was never closed"),
        (
            "mine.py",
            SOUND + "OPTIONS = dict()\n",
            "SERIAL_TOLERANCE must be literals",
        ),
        ("mine.py", SOUND + "SERVER_THREADS: int = 1\n", "SERVER_THREADS is now run_workers(server_threads=...)"),
        ("hogwild.py", SOUND, "hogwild.py has the name of another strategy, hogwild; rename it"),
        ("my-own.py", SOUND, "my-own.py cannot be imported under this name"),
        ("mine.py", None, "cannot read"),
        ("nobody", None, "no strategy is called"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(name, text, sentence, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    done = check(tmp_path / name if name.endswith(".py") else name)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_strategy_of_ours_is_known_by_its_file_too(monkeypatch):
    monkeypatch.delenv(strategies.OWN_FILES, raising=False)
    assert strategies.add(Path(strategies.__path__[0], "serial.py")) == "serial"
    assert strategies.OWN_FILES not in os.environ
