"""Hogwild!: workers update one set of weights in shared memory, at the same time and, by default, without a lock.

Source: Niu, Recht, Re and Wright, "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent"
(2011). Its theory asks for sparse updates; a dense network like ours is outside it, and the study shows what
happens all the same.

Change against serial.py: the weights are shared by several workers; each takes every W-th sample of a pass. With
`update: locked` they update them one after the other, and still read them at any time: what a lock costs.
Shared: the weights, and only they. A worker may read weights that another is halfway through writing; torch
does not notice, because the version counter that guards its backward pass is private to a process.
Private to a worker: gradients and optimizer state (momentum too), made inside the worker.
When to use it: a small network on several cores, and no need for runs that repeat bit for bit.
"""

from casual_training.parallel.changing_buffers import refuse_changing_buffers
from casual_training.parallel.workers import context, run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

OPTIONS = {
    "update": {
        "description": "Whether workers update the weights at the same time, or each alone, under a lock.",
        "enum": ["free", "locked"],
        "default": "free",
        "expected": "free or locked",
    },
}


def train(model, data, run, recorder) -> None:
    """Train `model` in run.workers processes; see strategies/__init__.py for the contract."""
    refuse_changing_buffers(model, run.method)
    # Sharing a parameter shares its gradient too, if it has one by now, and the workers would mix theirs.
    assert all(parameter.grad is None for parameter in model.parameters())
    model.share_memory()
    lock = context().Lock() if run.options["update"] == "locked" else None
    run_workers(work, run, recorder, model, data, lock)


def work(rank, run, recorder, model, data, lock, optimizer=None) -> None:
    """Make this worker's part of every pass, updating the shared weights after each of its batches.

    With an `optimizer` it trains with that one, which must be private to it, instead of the run's.
    """
    compute_loss = make_loss(run)
    if optimizer is None:
        optimizer = make_optimizer(model, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()  # sets the gradients to None, which keeps them private
            recorder.reading()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            if lock is None:
                optimizer.step()
            else:
                with recorder.holding(lock):
                    optimizer.step()
            recorder.step(loss, len(targets))
