"""Hogwild! through the original's interface: a caller's own network, loader and optimizer."""

import multiprocessing
import os
import signal

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from casual_training import original
from casual_training.measure import machine
from casual_training.parallel import workers
from casual_training.plan.seeds import DATA_ORDER, WORKER, derived_seed
from casual_training.workload import models

pytestmark = pytest.mark.usefixtures("fork_server")
SEED = 7


def simple_nn():
    torch.manual_seed(SEED)
    return models.build("simple_nn")


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)


def sgd_in_two_groups(model):
    first, *others = model.parameters()
    groups = [{"params": others}, {"params": [first], "lr": 0.1, "momentum": 0.9}]
    return torch.optim.SGD(groups, lr=0.01, momentum=0.5, weight_decay=1e-3)


def adamw(model):
    return torch.optim.AdamW(model.parameters(), lr=0.002)


def adagrad_of_the_last_layer(model):
    return torch.optim.Adagrad(model.fc2.parameters(), lr=0.05, initial_accumulator_value=0.1)


@pytest.fixture
def one_core(monkeypatch):
    """One thread for one process, and for the test that trains the same serially."""
    monkeypatch.setattr(machine, "cores", lambda: 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def trained_serially(model, optimizer, loader, epochs):
    losses = []
    for epoch in range(epochs):
        torch.manual_seed(derived_seed(derived_seed(SEED, WORKER, 0), DATA_ORDER, epoch))
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("make_optimizer", [sgd_in_two_groups, adamw, adagrad_of_the_last_layer])
def test_one_process_repeats_serial_training_bit_for_bit(make_optimizer, train_loader, one_core):
    serial, parallel = simple_nn(), simple_nn()
    expected = trained_serially(serial, make_optimizer(serial), train_loader, 2)
    losses = original.train_model(
        parallel, train_loader, 1, 2, make_optimizer(parallel), log_interval=1, loss_tracker=[], seed=SEED
    )
    assert losses == expected
    for name, tensor in parallel.state_dict().items():
        assert torch.equal(tensor, serial.state_dict()[name]), name


def test_training_continues_from_the_callers_optimizer_and_leaves_it_alone(train_loader, one_core):
    serial, parallel = simple_nn(), simple_nn()
    optimizers = adamw(serial), adamw(parallel)
    for model, optimizer in zip((serial, parallel), optimizers, strict=True):
        trained_serially(model, optimizer, train_loader, 1)  # leaves gradients, too
    expected = trained_serially(serial, optimizers[0], train_loader, 1)
    before = {name: value.clone() for name, value in optimizers[1].state[parallel.fc2.weight].items()}
    assert expected == original.train_model(parallel, train_loader, 1, 1, optimizers[1], "cpu", 1, [], SEED)
    assert all(torch.equal(optimizers[1].state[parallel.fc2.weight][name], value) for name, value in before.items())


class Counting(nn.Module):
    """Counts its samples and its passes in weights that no optimizer touches."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)
        self.samples = nn.Parameter(torch.zeros(4), requires_grad=False)
        self.threads = nn.Parameter(torch.zeros(4), requires_grad=False)

    def forward(self, images):
        rank = int(multiprocessing.current_process().name.removeprefix("worker "))
        with torch.no_grad():
            self.samples[rank] += len(images)
            self.threads[rank] = torch.get_num_threads()
        return self.linear(images.flatten(1))


def test_every_process_goes_over_the_whole_loader_in_each_of_its_epochs(train_loader):
    model = Counting()
    losses = original.train_model(model, train_loader, 3, 2, sgd(model), log_interval=7, loss_tracker=[])
    assert model.samples.tolist() == [1280, 1280, 1280, 0]
    assert len(losses) == 3 * (2 * 20 // 7)


@pytest.mark.parametrize(("cores", "expected"), [(5, [2, 2, 0, 0]), (1, [1, 1, 0, 0])])
def test_the_processes_share_the_cores(cores, expected, train_loader, monkeypatch):
    monkeypatch.setattr(machine, "cores", lambda: cores)
    model = Counting()
    original.train_model(model, train_loader, 2, 1, sgd(model), log_interval=-1)
    assert model.threads.tolist() == expected


def test_a_managers_list_gets_the_losses_and_is_returned(train_loader):
    with multiprocessing.get_context("forkserver").Manager() as manager:
        tracker, model = manager.list([0.5]), simple_nn()
        assert original.train_model(model, train_loader, 2, 1, sgd(model), loss_tracker=tracker) is tracker
        assert len(tracker) == 5
        assert tracker[0] == 0.5


def test_losses_are_appended_in_the_order_of_time(train_loader, monkeypatch):
    def note(work, team, recorder, *arguments):
        recorder.notes[0, :2] = torch.tensor([[10, 1.0, 320, 0.9], [20, 4.0, 640, 0.6]], dtype=torch.float64)
        recorder.notes[1, :2] = torch.tensor([[10, 2.0, 320, 0.8], [20, 3.0, 640, 0.7]], dtype=torch.float64)

    monkeypatch.setattr(workers, "run_workers", note)
    model = simple_nn()
    assert original.train_model(model, train_loader, 2, 1, sgd(model), loss_tracker=[]) == [0.9, 0.8, 0.7, 0.6]


def test_minus_one_is_no_logs_and_without_a_tracker_nothing_is_returned(train_loader):
    model = simple_nn()
    assert original.train_model(model, train_loader, 1, 1, sgd(model), log_interval=-1, loss_tracker=[]) == []
    assert original.train_model(model, train_loader, 1, 1, sgd(model)) is None


class Dying(nn.Linear):
    """Ends the second process in the middle of its work."""

    def forward(self, images):
        if multiprocessing.current_process().name == "worker 1":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(images.flatten(1))


class Raising(nn.Linear):
    def forward(self, images):
        raise ZeroDivisionError("no such number")


@pytest.mark.parametrize(
    ("network", "cause"),
    [(Dying, "worker 1 was killed by SIGKILL"), (Raising, "worker . raised ZeroDivisionError: no such number")],
)
def test_a_process_that_dies_is_an_error(network, cause, train_loader):
    model, losses = network(784, 10), []
    with pytest.raises(RuntimeError, match=f"training failed: {cause}"):
        original.train_model(model, train_loader, 2, 1, sgd(model), loss_tracker=losses)
    assert losses == []
    assert multiprocessing.active_children() == []


MISTAKES = {
    "num_processes is 0": {"num_processes": 0},
    "num_processes is 1.5": {"num_processes": 1.5},
    "epochs_per_process is -1": {"epochs_per_process": -1},
    "log_interval is 0": {"log_interval": 0},
    "log_interval is -2": {"log_interval": -2},
    "seed is -1": {"seed": -1},
    "device is 'tpu': choose one of cpu, cuda, mps": {"device": "tpu"},
    "device is 'cuda:x', which torch cannot read": {"device": "cuda:x"},
    "device is 'mps', on which processes cannot share": {"device": "mps"},
    "model has no parameters": {"model": nn.ReLU()},
    "optimizer updates parameters of another model": {"optimizer": sgd(nn.Linear(1, 1))},
    "optimizer is a float": {"optimizer": 0.1},
    "loss_tracker takes no losses": {"loss_tracker": (0.5,)},
    "train_dataloader has no length": {"train_dataloader": iter([])},
    "train_dataloader has no batches": {"train_dataloader": DataLoader([])},
    "train_dataloader gives batches of another form": {"train_dataloader": DataLoader(torch.ones(4, 1, 28, 28))},
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_starts(sentence, train_loader, monkeypatch):
    monkeypatch.setattr(workers, "prepare", lambda: pytest.fail("something started"))
    model = simple_nn()
    arguments = {
        "model": model,
        "train_dataloader": train_loader,
        "num_processes": 1,
        "epochs_per_process": 1,
        "optimizer": sgd(model),
    }
    with pytest.raises(ValueError, match=sentence) as error:
        original.train_model(**arguments | MISTAKES[sentence])
    assert "\n" not in str(error.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_an_accelerator_that_is_not_there_is_one_sentence(train_loader):
    model = simple_nn()
    with pytest.raises(ValueError, match="device is 'cuda', which torch does not find on this machine"):
        original.train_model(model, train_loader, 1, 1, sgd(model), device="cuda")


def test_a_managers_list_whose_manager_has_ended_is_one_sentence(train_loader):
    with multiprocessing.get_context("forkserver").Manager() as manager:
        tracker = manager.list()
    model = simple_nn()
    with pytest.raises(ValueError, match="loss_tracker takes no losses"):
        original.train_model(model, train_loader, 1, 1, sgd(model), loss_tracker=tracker)


def test_a_loader_that_cannot_be_sent_to_a_process_is_one_sentence(sample):
    loader = DataLoader(sample[0], batch_size=32, collate_fn=lambda samples: (torch.ones(1), torch.ones(1)))
    model = simple_nn()
    with pytest.raises(ValueError, match=r"cannot be sent to other processes .*lambda.*: define"):
        original.train_model(model, loader, 1, 1, sgd(model))
