"""Data-parallel training with torch's DistributedDataParallel (DDP) on gloo, unchanged.

Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (2020).

Change against serial.py: each worker takes every W-th sample of a pass and trains a network of its own, wrapped in DDP,
whose backward pass replaces the gradients by their mean over all workers. So a step is one of serial training with W
batches; with `batch: global` in the config it has serial's batch.
Shared: nothing; gradients are exchanged over loopback. Private to a worker: weights and optimizer state, which stay the
same in all of them, because all make the same updates.
Deterministic: gloo adds in a fixed order. One worker repeats serial training bit for bit.
The mean is one over workers. In the last step of a pass their batches may differ by one sample, and a sample of the
shorter batch then weighs a little more. A worker with no sample left at all takes part with a gradient of zero. torch's
own answer there, `Join`, would leave its momentum behind that of the others, and asks in every step who is still there.
BatchNorm: each worker normalises by its own batch; its running statistics are worker 0's, sent to all in each step.
The exchange is inside the backward pass, beside its computing, so communication_seconds leaves it out.
A parameter that a step leaves without a gradient is refused: DDP would wait for it in vain, and its search for such
parameters (`find_unused_parameters`) would slow down every step of the networks that have none.
When to use it: with several machines or accelerators; on one CPU, where a step takes far longer than an exchange.
"""

import copy
import functools

from torch.nn.parallel import DistributedDataParallel

from casual_training.parallel import rendezvous
from casual_training.parallel.flat_parameters import trained_parameters
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

SYNCHRONOUS = True
DETERMINISTIC = True


def train(model, data, run, recorder) -> None:
    """Train `model` in run.workers processes; see strategies/__init__.py for the contract."""
    rendezvous.require_gloo()
    model.share_memory()  # so that this process holds the weights that worker 0 trains
    with rendezvous.private_store() as store:
        join = functools.partial(rendezvous.gloo_group, store, run.workers)
        run_workers(work, run, recorder, model, data, join=join)


def work(rank, run, recorder, model, data) -> None:
    """Make this worker's part of every pass on a network of its own, whose updates are those of all."""
    if rank > 0:
        model = copy.deepcopy(model)
    trained = trained_parameters(model)
    model = DistributedDataParallel(model)  # waits until all have theirs, and sends worker 0's weights to them
    compute_loss = make_loss(run)
    optimizer = make_optimizer(model, run)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()  # and the mean over all workers
            if any(parameter.grad is None for parameter in trained):
                refuse_unused(model.module, run.method)
            optimizer.step()
            recorder.step(loss, len(targets))
        for _ in range(data.missed_steps(number, rank)):
            optimizer.zero_grad()
            (0 * compute_loss(model(inputs), targets)).backward()
            optimizer.step()


def refuse_unused(model, method: str) -> None:
    """Raise RuntimeError with the names of the parameters that have no gradient."""
    unused = [name for name, each in model.named_parameters() if each.requires_grad and each.grad is None]
    raise RuntimeError(
        f"{method} cannot train a network that leaves parameters without a gradient in a step ({', '.join(unused)}); "
        "freeze or remove them, or take a method such as sync_shared"
    )
