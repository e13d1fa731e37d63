"""Independent copies of serial training, nothing shared: not a method, but what parallel methods are compared with.

Each worker trains a network of its own on its part of the data. Their summed samples per second is what this
machine can do when workers never wait for, or write to, each other; it includes what they cannot avoid sharing
(memory bandwidth, caches, clock speed). The rule measure_independent_copies runs it with one thread a
worker and as many workers as cores. The caller's model becomes worker 0's.

Change against serial.py: every worker but the first trains a private copy of the model.
"""

import copy

from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

DETERMINISTIC = True  # the caller's weights are worker 0's


def train(model, data, run, recorder) -> None:
    """Train run.workers copies of `model` at the same time; see strategies/__init__.py for the contract."""
    initial = copy.deepcopy(model)  # what the others begin with, however far worker 0 is by then
    model.share_memory()
    run_workers(work, run, recorder, model, initial, data)


def work(rank, run, recorder, model, initial, data) -> None:
    """Make this worker's part of every pass on a model of its own."""
    if rank > 0:
        model = copy.deepcopy(initial)
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            recorder.step(loss, len(targets))
