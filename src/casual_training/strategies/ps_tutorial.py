"""A parameter server over RPC, as PyTorch's tutorial and the original study have it.

Source: PyTorch's tutorial on a parameter server with torch.distributed.rpc, which the original study follows; the idea
is of Li et al., "Scaling Distributed Machine Learning with the Parameter Server" (2014).

Change against serial.py: the network lives in one more process, the server. A worker sends it a batch, gets the
outputs back, computes the loss, and starts the backward pass (distributed autograd) and the update
(DistributedOptimizer), both of which run on the server as well. A worker contributes nothing but its data and the loss.
Shared: the weights, on the server, and the lock that admits one worker at a time.
Private to a worker: its gradients, kept by the server in a context for each step, and its optimizer state, because
every worker makes an optimizer of its own on the server (momentum too).
The server computes with all cores while the workers wait for it; one worker repeats `threads` bit for bit.
Timed are the wait for the lock, how long it is held, and the three calls of a step: forward, backward (the loss's part
in the worker included) and update. All of the server's computing is inside these calls.
When to use it: never on one machine. It is here because the original asked, and to show where its lock is needed.
"""

import contextlib
import functools

from torch import nn
from torch.distributed import autograd, rpc

from casual_training.parallel import rendezvous
from casual_training.parallel.workers import context, run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import optimizer_class

if rpc.is_available():  # a torch without RPC does not have it
    from torch.distributed.optim import DistributedOptimizer

OPTIONS = {
    "lock": {
        "description": "What a worker does alone: all of a step, only the update, or none of it.",
        "enum": ["all", "update", "none"],
        "default": "all",
        "expected": "all, update or none",
    },
    "transport": {
        "description": "How RPC moves data: uv, which sleeps while it waits, or torch's default, which burns a core.",
        "enum": ["uv", "default"],
        "default": "uv",
        "expected": "uv or default",
    },
    "test_inside_clock": {
        "description": "Whether the last worker tests after each of its epochs, with dropout on, as the original did.",
        "type": "boolean",
        "default": False,
        "expected": "true or false",
    },
}


def train(model, data, run, recorder) -> None:
    """Train `model` on a server for run.workers workers; see strategies/__init__.py for the contract."""
    rendezvous.require_rpc()
    model.share_memory()  # so that the caller holds the weights that the server trains
    with rendezvous.private_store() as store:
        join = functools.partial(rendezvous.rpc_group, store, run.workers, run.options["transport"])
        run_workers(work, run, recorder, model, data, Turns(run), join=join, serve=serve)


class RemoteNetwork(nn.Module):
    """The network on the server, where it is trained; workers call its methods from afar."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, inputs):
        """Return the outputs for a worker's batch; autograd keeps what the backward pass will need."""
        return self.model(inputs)

    def parameter_references(self) -> list:
        """Return a remote reference to each parameter, for the workers' optimizers."""
        return [rpc.RRef(parameter) for parameter in self.model.parameters()]


def serve(model, data, turns) -> None:
    """Hold the network in the server's process, where `the_network` finds it."""
    global _network
    _network = RemoteNetwork(model)


def the_network() -> RemoteNetwork:
    """Return the network of the server's process; runs on the server."""
    return _network


def work(rank, run, recorder, model, data, turns) -> None:
    """Make this worker's part of every pass, each step on the server."""
    compute_loss = make_loss(run)
    network = rpc.remote(rendezvous.SERVER, the_network)
    optimizer, options = optimizer_class(run)
    optimizer = DistributedOptimizer(optimizer, network.rpc_sync().parameter_references(), **options)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            # UPDATE LOCK NOTE: the forward pass notes the version of every weight it read, and the backward pass
            # refuses to go on if one has changed since. So no other worker may update the weights between the two:
            # the lock has to be held from before the forward pass until after the update, and nothing is left to do
            # at the same time. Without it (`lock: none`), or with a lock round the update alone (`lock: update`),
            # "one of the variables needed for gradient computation has been modified by an inplace operation".
            with holding(turns.for_the_step, recorder), autograd.context() as step:
                turns.before_forward(rank)
                with recorder.timing("round_trip_seconds"):
                    outputs = network.rpc_sync().forward(inputs)
                loss = compute_loss(outputs, targets)
                turns.after_forward(rank)
                with recorder.timing("round_trip_seconds"):
                    autograd.backward(step, [loss])
                with holding(turns.for_the_update, recorder), recorder.timing("round_trip_seconds"):
                    optimizer.step(step)
                turns.after_update(rank)
            recorder.step(loss, len(targets))
        if run.options["test_inside_clock"] and rank == run.workers - 1 and data.has_batches(number, rank):
            correct = sum(count_correct(network, inputs, targets) for inputs, targets in data.test_batches())
            print(f"after pass {number + 1}: {correct:,} right, with dropout on", flush=True)


def count_correct(network, inputs, targets) -> int:
    """Count the right answers of the network, which is not in eval mode."""
    return (network.rpc_sync().forward(inputs).argmax(1) == targets).sum().item()


def holding(lock, recorder):
    """Hold a lock and time that, or hold none."""
    return contextlib.nullcontext() if lock is None else recorder.holding(lock)


class Turns:
    """Who may do what when: the lock, and without it the order of events that shows what it was good for.

    Left to chance, an update falls between the forward and the backward pass of another worker sooner or later. To show
    it at once and every time, the whole first step of worker 1 is put between the two of worker 0.
    """

    def __init__(self, run):
        lock = context().Lock()
        self.for_the_step = lock if run.options["lock"] == "all" else None
        self.for_the_update = lock if run.options["lock"] == "update" else None
        in_the_way = run.options["lock"] != "all" and run.workers > 1
        self._forward_done, self._update_done = (context().Event(), context().Event()) if in_the_way else (None, None)

    def before_forward(self, rank: int) -> None:
        """Let worker 1 begin only when worker 0 is between its passes."""
        if rank == 1 and self._forward_done:
            self._forward_done.wait()

    def after_forward(self, rank: int) -> None:
        """Hold worker 0 between its passes until worker 1 has updated the weights."""
        if rank == 0 and self._forward_done:
            self._forward_done.set()
            self._update_done.wait()

    def after_update(self, rank: int) -> None:
        """Let worker 0 go on."""
        if rank == 1 and self._update_done:
            self._update_done.set()
