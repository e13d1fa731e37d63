"""Serial training on an accelerator, with or without moving the network to the CPU and back after every step.

Source: the original study's question about Apple's unified memory: where CPU and GPU share their memory, is it cheap to
move a network between them? With `switch: false` the network stays on the accelerator ("regular").

Change against serial.py: the network trained is a copy on the accelerator; its weights come back at the end, and when a
snapshot is due. With `switch: true` a step ends with two moves of all weights.
Shared: nothing. Private to the worker: weights, gradients, optimizer state (which stays on the accelerator).
When to use it: without the switch, wherever there is an accelerator and the network is large enough to fill it.
With `device: cpu` both ways are serial training, bit for bit; there is nothing to move, and no GPU here to test with.
"""

import copy

import torch

from casual_training.optimization import make_loss, make_optimizer
from casual_training.processes import RunFailed, run_workers

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
    run_workers(work, run, recorder, model, data)


def work(rank, run, recorder, model, data) -> None:
    """Make every pass over the training set on the device."""
    device = torch.accelerator.current_accelerator() if run.options["device"] == "accelerator" else torch.device("cpu")
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
    recorder.refresh()
