"""Local SGD: workers train networks of their own, and now and then replace the weights by their mean over all workers.

Source: Stich, "Local SGD Converges Fast and Communicates Little" (2019); Lin et al., "Don't Use Large Mini-Batches, Use
Local SGD" (2020).

Change against serial.py: each worker takes every W-th sample of a pass; every `average_every` steps, or after each
pass, and at the end of training the weights are averaged, through a table in shared memory with a row a worker.
Shared: nothing between two averages. Private to a worker: weights, gradients and optimizer state, which is never
averaged (momentum neither). Averaging after each step of SGD without momentum is what ddp does.
Deterministic: rows are added in the order of ranks. One worker repeats serial training bit for bit.
The usual exchange is an all-reduce over gloo. Between processes of one machine that takes milliseconds longer
(docs/method.md has the figures), which shows although averages are rare. torch's averagers (model_averaging.averagers)
need such a group, count steps only, average after the first step of a period instead of its last, leave out buffers and
parameters without a gradient, and put new tensors in the place of the weights, which the caller then no longer holds.
BatchNorm: its running statistics are averaged like weights, as all floating-point numbers in the network's state are.
The mean is one over workers, also where one has had a sample less.
Snapshots hold worker 0's own weights of the moment, which is what there is to evaluate without an exchange that the
method does not make. Between two averages they are usually a little less accurate than the mean would be; the last
accuracy of a run is that of the mean.
When to use it: a small network on several cores, where repeatable runs matter.
"""

import copy

from casual_training.parallel.shared_weights import SharedWeights
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

SYNCHRONOUS = True
DETERMINISTIC = True
OPTIONS = {
    "average_every": {
        "description": "Steps of a worker from one average of the weights to the next, or epoch: after each pass.",
        "anyOf": [{"const": "epoch"}, {"type": "integer", "minimum": 1}],
        "default": 16,
        "expected": "a whole number of steps, 1 or more, or epoch",
    },
}


def train(model, data, run, recorder) -> None:
    """Train `model` in run.workers processes; see strategies/__init__.py for the contract."""
    initial = copy.deepcopy(model)  # what the others begin with, while worker 0 trains `model`
    model.share_memory()  # so that this process holds the weights that worker 0 trains
    run_workers(work, run, recorder, model, initial, data, SharedWeights(model, run.workers))


def work(rank, run, recorder, model, initial, data, weights) -> None:
    """Make this worker's part of every pass on a network of its own, averaged with the others' now and then."""
    if rank > 0:
        model = copy.deepcopy(initial)
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    weights.join(rank, model)
    every, step = run.options["average_every"], 0
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            step += 1
            if is_due(step, every):
                average(weights, recorder)
            recorder.step(loss, len(targets))
        for _ in range(data.missed_steps(number, rank)):  # others count them, and may average after them
            step += 1
            if is_due(step, every):
                average(weights, recorder)
        if every == "epoch" or number == run.passes - 1:
            average(weights, recorder)


def is_due(step: int, every: int | str) -> bool:
    """Return whether the weights are averaged after a step, counted from 1."""
    return every != "epoch" and step % every == 0


def average(weights, recorder) -> None:
    """Replace what this worker's network holds by the mean over all workers."""
    with recorder.timing("communication_seconds"):
        weights.average()
