"""Scripts and prompts of people who know the original's interface and nothing of ours."""

import os
import subprocess
import sys
import time

import psutil
import pytest

SCRIPT = """
import multiprocessing
import time

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

from casual_training.original import chart_losses, launch_ps_and_workers, log_elapsed_time, test, train_model


class Quadrants(Dataset):
    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return self.samples

    def __getitem__(self, index):
        image = torch.zeros(1, 28, 28)
        row, column = divmod(index % 4, 2)
        image[:, 14 * row : 14 * row + 14, 14 * column : 14 * column + 14] = 1
        return image, index % 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 4)

    def forward(self, images):
        return nn.functional.log_softmax(self.fc(images.flatten(1)), dim=1)


if __name__ == "__main__":
    torch.randn(512, 512) @ torch.randn(512, 512)  # the OpenMP threads of this process are awake
    train_dataloader = DataLoader(Quadrants(320), batch_size=32, shuffle=True)
    test_dataloader = DataLoader(Quadrants(36), batch_size=32)
    losses = {}
    for processes, epochs in ((2, 2), (1, 4)):
        model = Net()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        tracker = multiprocessing.Manager().list() if processes == 2 else []
        start = time.time()
        train_model(model, train_dataloader, processes, epochs, optimizer, loss_tracker=tracker)
        log_elapsed_time(processes, epochs, start, time.time())
        print("accuracy:", test(model, "cpu", test_dataloader)[0])
        losses[f"{processes} x {epochs} NN"] = tracker
    print("silence:")
    train_model(model, train_dataloader, 1, 1, optimizer, log_interval=-1)
    print("over")
    chart_losses(losses)
    launch_ps_and_workers(2, 1, 0, train_dataloader, test_dataloader)
"""


@pytest.fixture
def marked(tmp_path):
    """The environment of a script: its temporary files stand in a folder of its own, and its processes bear a mark."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}


def run(command, folder, environment):
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)


def left_behind(folder):
    """The processes that have the temporary folder of the script, once those had their time that end by themselves."""
    limit = time.perf_counter() + 5
    while True:
        left = [process for process in psutil.process_iter() if str(folder) in _temporary_folder(process)]
        if not left or time.perf_counter() > limit:
            return left
        time.sleep(0.1)


def _temporary_folder(process):
    try:
        return process.environ().get("TMPDIR", "")
    except psutil.Error:  # it has ended, or is another user's
        return ""


def test_a_script_written_for_the_original_runs_and_leaves_nothing(tmp_path, marked):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = run([sys.executable, str(script)], tmp_path, marked)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("process ") for line in lines) == 2 * (20 // 10) + 40 // 10
    assert "process 1, epoch 4 of 4, batch 10 of 10: loss 0." in done.stdout
    assert "2 processes x 2 epochs: " in done.stdout
    assert lines.count("accuracy: 1.0") == 2
    assert lines[lines.index("silence:") + 1] == "over"
    assert lines[-1].startswith("test: loss ")  # of the parameter server
    assert (tmp_path / "losses.png").exists()
    assert left_behind(tmp_path) == []  # and so nobody listens
    assert list((tmp_path / "temporary").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"script.py", "losses.png", "temporary"}


PROMPT = """
import torch
from torch.utils.data import DataLoader, TensorDataset
from casual_training import original
loader = DataLoader(TensorDataset(torch.randn(64, 4), torch.zeros(64, dtype=torch.int64)), batch_size=8)
class Typed(torch.nn.Linear): pass

typed, imported = Typed(4, 2), torch.nn.Linear(4, 2)
original.train_model(typed, loader, 1, 1, torch.optim.SGD(typed.parameters()))
losses = original.train_model(imported, loader, 2, 1, torch.optim.SGD(imported.parameters()), "cpu", 4, [])
print(len(losses), "losses")
"""


def test_a_prompt_trains_what_is_imported_and_refuses_what_was_typed(tmp_path, marked):
    command = [sys.executable, "-i", "-q"]
    done = subprocess.run(command, input=PROMPT, cwd=tmp_path, env=marked, capture_output=True, text=True, timeout=100)
    assert "ValueError: other processes cannot see the class Typed, which was typed at a prompt" in done.stderr
    assert "4 losses" in done.stdout
    assert left_behind(tmp_path) == []
