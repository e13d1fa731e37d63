"""A parameter server over RPC that workers push gradients to and pull weights from, one flat tensor each way.

Source: Li et al., "Scaling Distributed Machine Learning with the Parameter Server" (2014), also for bounded staleness.

Change against serial.py: the optimizer is in one more process, the server. A worker computes the gradient of its batch
itself, sends it in one call, and gets the new weights as the answer.
Shared: the weights that count, on the server, with one optimizer, its state, and a lock round an update.
Private to a worker: a replica of the network, and gradients. Without overlap, one worker repeats serial training bit
for bit.
`max_staleness` bounds the updates that an update may miss (see parameter_server.py); with 0, a run repeats bit for bit.
`overlap: true` lets a worker compute its next gradient, on the weights of the answer before, while the last is under
way. So all its gradients but the first miss its own last update (staleness counts only those of others). One worker
then has the loss of serial training in its first step and others, to no tolerance, in all later ones.
Snapshots hold the weights that worker 0 was answered last, because the server may be in the middle of an update.
When to use it: on several machines. On one it shows what the messages cost that Hogwild! does without.
"""

import copy
import functools

from torch import nn
from torch.distributed import rpc
from torch.distributed.rpc.functions import async_execution

from casual_training.errors import RunFailed
from casual_training.parallel import flat_parameters, rendezvous
from casual_training.parallel.changing_buffers import refuse_changing_buffers
from casual_training.parallel.parameter_client import ParameterClient
from casual_training.parallel.parameter_server import ParameterServer
from casual_training.parallel.workers import run_workers
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import optimizer_class

OPTIONS = {
    "max_staleness": {
        "description": "Most updates that an update may miss; 0 is synchronous training, null sets no bound.",
        "type": ["integer", "null"],
        "minimum": 0,
        "default": None,
        "expected": "a whole number, 0 or more, or null",
    },
    "overlap": {
        "description": "Whether a worker computes on while its gradient is under way; only without max_staleness.",
        "type": "boolean",
        "default": False,
        "expected": "true or false",
    },
}


def train(model, data, run, recorder) -> None:
    """Train `model` on a server for run.workers workers; see strategies/__init__.py for the contract."""
    rendezvous.require_rpc()
    refuse_changing_buffers(model, run.method)
    flat_parameters.require_one_dtype(model, run.method)
    if run.options["overlap"] and run.options["max_staleness"] is not None:
        raise RunFailed("unavailable", f"{run.method} has max_staleness, which overlap cannot keep; set one of the two")
    weights = flat_parameters.weights_of(model).share_memory_()  # the ones that the server trains
    replica = copy.deepcopy(model)  # every worker begins with it, whatever `model` holds by then
    model.share_memory()
    with rendezvous.private_store() as store:
        join = functools.partial(rendezvous.rpc_group, store, run.workers, "uv")
        arguments = (model, weights, replica, data)
        # Workers compute while the server updates, and more threads of it would take their cores.
        server = {"serve": functools.partial(serve, run), "server_threads": 1}
        run_workers(work, run, recorder, *arguments, join=join, **server)
    flat_parameters.load_weights(weights, model)


def serve(run, model, weights, replica, data) -> None:
    """Hold the weights in the server's process, where `push_pull` and `leave` find them."""
    global _server
    weights, (optimizer, options) = nn.Parameter(weights), optimizer_class(run)
    _server = ParameterServer(weights, optimizer([weights], **options), run.workers, run.options["max_staleness"])


@async_execution
def push_pull(rank, gradient):
    """Take a worker's gradient and answer with the new weights; runs on the server."""
    return _server.push(rank, gradient)


def leave(rank) -> None:
    """Wait for a worker no more; runs on the server."""
    _server.leave(rank)


def work(rank, run, recorder, model, weights, replica, data) -> None:
    """Compute the gradients of this worker's part of every pass, on a replica of the network."""
    # Not from `weights`, which may be in the middle of an update.
    recorder.refresh = lambda: flat_parameters.load_weights(flat_parameters.weights_of(replica), model)
    compute_loss = make_loss(run)
    parameters = flat_parameters.trained_parameters(replica)
    call = functools.partial(rpc.rpc_async, rendezvous.SERVER, push_pull)
    server = ParameterClient(call, rank, run.options["overlap"], parameters, recorder)
    for number in range(run.passes):
        for inputs, targets in data.batches(number, rank):
            replica.zero_grad()
            loss = compute_loss(replica(inputs), targets)
            loss.backward()
            gradient = flat_parameters.gradient_of(parameters)
            with recorder.timing("communication_seconds"):
                server.push_pull(gradient)
            recorder.step(loss, len(targets))
    server.pull()  # with overlap, the last gradient is still under way
    rpc.rpc_sync(rendezvous.SERVER, leave, (rank,))
