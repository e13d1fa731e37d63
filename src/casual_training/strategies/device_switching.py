"""Serial training on an accelerator, with or without moving the network to the CPU and back after every step.

Source: the original study's question about Apple's unified memory: where CPU and GPU share their memory, is it cheap to
move a network between them? With `switch: false` the network stays on the accelerator ("regular").

Change against serial.py: the network trained is a copy on the accelerator; its weights come back at the end, and when a
snapshot is due. With `switch: true` a step ends with two moves of all weights.
Shared: nothing. Private to the worker: weights, gradients, optimizer state (which stays on the accelerator).
When to use it: without the switch, wherever there is an accelerator and the network is large enough to fill it.
With `device: cpu` both are serial training, bit for bit; there is nothing to move, and no GPU here to test with.
"""

import copy
import time

import torch

from casual_training.errors import RunFailed
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

ONE_WORKER = True
OPTIONS = {
    "device": {
        "description": "Where to train: the accelerator torch finds (cuda or mps), or the CPU.",
        "enum": ["accelerator", "cpu"],
        "default": "accelerator",
        "expected": "accelerator or cpu",
    },
    "switch": {
        "description": "Whether the network moves to the CPU and back after every step.",
        "type": "boolean",
        "default": False,
        "expected": "true or false",
    },
}


def train(model, data, run, recorder) -> None:
    """Train `model` in one worker process; see strategies/__init__.py for the contract."""
    if run.options["device"] == "accelerator" and not torch.accelerator.is_available():
        raise RunFailed("unavailable", "torch finds no accelerator (cuda or mps) on this machine")
    model.share_memory()  # so that this process holds the weights that the worker trained
    ends = torch.zeros(run.passes, dtype=torch.float64).share_memory_()  # the moment each pass ended
    run_workers(work, run, recorder, model, data, ends)
    n_switches = recorder.workers()[0]["steps"] if run.options["switch"] else 0
    recorder.details = {
        "pass_seconds": [moment - recorder.started for moment in ends.tolist()],
        "bytes_moved": n_switches * bytes_of_a_switch(model, device_of(run)),
    }


def work(rank, run, recorder, model, data, ends) -> None:
    """Make every pass over the training set on the device."""
    device = device_of(run)
    trained = copy.deepcopy(model).to(device)
    recorder.refresh = lambda: model.load_state_dict(trained.state_dict())
    compute_loss = make_loss(run)
    optimizer = make_optimizer(trained, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(trained(inputs.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            if run.options["switch"]:
                trained.to("cpu")
                trained.to(device)
            recorder.step(loss, len(targets))
        loss.item()  # an accelerator works in order and may be behind: this waits for all of the pass
        ends[number] = time.perf_counter()
    recorder.refresh()


def device_of(run) -> torch.device:
    """Return the device that a run trains on."""
    return torch.accelerator.current_accelerator() if run.options["device"] == "accelerator" else torch.device("cpu")


def bytes_of_a_switch(model: torch.nn.Module, device: torch.device) -> int:
    """Count the bytes that move when `model` goes from `device` to the CPU and back: none if that is the CPU.

    They are those of its parameters, buffers and gradients, twice; every parameter that wants a gradient is taken to
    have one of its own size.
    """
    if device.type == "cpu":
        return 0
    gradients = (parameter for parameter in model.parameters() if parameter.requires_grad)
    return 2 * sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers(), *gradients))
