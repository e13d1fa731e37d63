"""Serial training: one worker, one batch after the other. The baseline every other file is read against.

With `threads: 1` it is plain training; with `threads: cores` torch spreads each operator over the cores
(intra-op parallelism), which is what a user gets who changes nothing.

Shared: nothing. Private to the worker: weights, gradients, optimizer state.
When to use it: always first; anything else has to beat it.
"""

from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

ONE_WORKER = True
DETERMINISTIC = True


def train(model, data, run, recorder) -> None:
    """Train `model` in one worker process; see strategies/__init__.py for the contract."""
    model.share_memory()  # so that this process holds the weights that the worker trained
    run_workers(work, run, recorder, model, data)


def work(rank, run, recorder, model, data) -> None:
    """Make every pass over the training set."""
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            recorder.step(loss, len(targets))
