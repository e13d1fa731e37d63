"""Synchronous data-parallel SGD through shared memory: a step of all workers is one step of serial training.

Source: synchronous SGD as in Chen et al., "Revisiting Distributed Synchronous SGD" (2016), without backup workers;
torch's DistributedDataParallel does the same over sockets. Here the gradients are exchanged through a table in shared
memory with a row for every worker, and each worker adds up all rows by itself, in the order of ranks.

Change against serial.py: every worker trains a copy of the model on every W-th sample of a pass; between backward pass
and update it replaces its gradients by the mean over all samples of the joint step. So W workers with batches of B
make the steps of serial training with batches of W x B. A worker's share in the mean is its share of the samples, and
one that has no batch left contributes nothing. A parameter that no worker has a gradient for is not updated.
Shared: the rows of gradients, and worker 0's weights, because they are the caller's.
Private to a worker: weights, gradients and optimizer state. All copies make the same updates of the same weights, so
they stay equal bit for bit, and every run of a seed ends with the same weights. Buffers are private and are not
averaged: with batch norm each worker normalises with its own batch, and the running statistics are worker 0's.
When to use it: a small network on several cores where runs must repeat, or where Hogwild! loses accuracy.
"""

import copy

from casual_training.parallel.shared_gradients import SharedGradients
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

SYNCHRONOUS = True
DETERMINISTIC = True


def train(model, data, run, recorder) -> None:
    """Train `model` in run.workers processes; see strategies/__init__.py for the contract."""
    initial = copy.deepcopy(model)  # what the others begin with: worker 0's first batch may change buffers of `model`
    model.share_memory()  # so that this process holds the weights that worker 0 trained
    run_workers(work, run, recorder, model, initial, data, SharedGradients(model, run.workers, run.method))


def work(rank, run, recorder, model, initial, data, gradients) -> None:
    """Make this worker's part of every pass on a model of its own, each step together with the others."""
    if rank > 0:
        model = copy.deepcopy(initial)
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    gradients.join(rank, model)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            with recorder.timing("communication_seconds"):
                gradients.average(len(targets))
            optimizer.step()
            recorder.step(loss, len(targets))
        while gradients.average(0):  # as long as others have batches
            optimizer.step()
