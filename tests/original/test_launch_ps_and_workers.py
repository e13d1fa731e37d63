"""The parameter server through the original's interface."""

import multiprocessing
import os
import signal

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from casual_training import original
from casual_training.parallel import workers

pytestmark = pytest.mark.usefixtures("fork_server")


def test_workers_train_on_a_server_and_the_test_is_printed(train_loader, test_loader, capsys):
    half = DataLoader(Subset(train_loader.dataset, range(320)), batch_size=32, shuffle=True)
    accuracy, loss = original.launch_ps_and_workers(3, 1, 0, half, test_loader)
    assert accuracy > 0.2  # of ten classes; it is about a half
    assert loss < 2
    assert capsys.readouterr().out == f"test: loss {loss:.4f}, accuracy {accuracy:.2%} ({accuracy * 200:.0f} of 200)\n"
    assert multiprocessing.active_children() == []


class Deadly(Dataset):
    """Kills the second worker when it asks for a sample."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if multiprocessing.current_process().name == "worker 1":
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.zeros(1, 28, 28), 0


def test_a_worker_that_dies_is_an_error(test_loader):
    with pytest.raises(RuntimeError, match="training failed: worker 1 was killed by SIGKILL"):
        original.launch_ps_and_workers(3, 1, 0, DataLoader(Deadly()), test_loader)
    assert multiprocessing.active_children() == []


FLAT = DataLoader([(torch.ones(784), 1)])
MISTAKES = {
    "world_size is 1, a server without workers": {"world_size": 1},
    "world_size is 0": {"world_size": 0},
    "epochs_per_worker is 0": {"epochs_per_worker": 0},
    "num_gpus is 1: choose 0": {"num_gpus": 1},
    "train_dataloader has no batches": {"train_dataloader": []},
    "test_dataloader gives batches of another form": {"test_dataloader": [torch.ones(2)]},
    r"train_dataloader gives inputs of shape \(784,\): ps_net takes": {"train_dataloader": FLAT},
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_starts(sentence, train_loader, test_loader, monkeypatch):
    monkeypatch.setattr(workers, "prepare", lambda: pytest.fail("something started"))
    arguments = {
        "world_size": 2,
        "epochs_per_worker": 1,
        "num_gpus": 0,
        "train_dataloader": train_loader,
        "test_dataloader": test_loader,
    }
    with pytest.raises(ValueError, match=sentence) as error:
        original.launch_ps_and_workers(**arguments | MISTAKES[sentence])
    assert "\n" not in str(error.value)
