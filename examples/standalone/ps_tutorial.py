"""A parameter server over RPC that computes itself, one worker at a time, as PyTorch's tutorial has it.

python examples/standalone/ps_tutorial.py --workers 2
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import torch
from torch import multiprocessing, nn
from torch.distributed import autograd, rpc
from torch.distributed.optim import DistributedOptimizer

BATCH = 32


class Net(nn.Module):
    """The original study's small network: (B, 1, 28, 28) float32 -> (B, 10) logits."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.dropout2d = nn.Dropout2d(0.5)
        self.fc1 = nn.Linear(320, 50)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, images):
        """Classify images."""
        hidden = nn.functional.relu(nn.functional.max_pool2d(self.conv1(images), 2))
        hidden = self.dropout2d(self.conv2(hidden))
        hidden = nn.functional.relu(nn.functional.max_pool2d(hidden, 2))
        hidden = nn.functional.relu(self.fc1(hidden.flatten(1)))
        return self.fc2(self.dropout(hidden))


def make_data(samples):
    """Make up images of ten classes, each a pattern under noise; put your own data here."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(10, 1, 28, 28, generator=generator)
    targets = torch.randint(10, (samples,), generator=generator)
    return 0.5 * patterns[targets] + torch.randn(samples, 1, 28, 28, generator=generator), targets


def batches(inputs, targets, seed, rank, workers):
    """Yield the batches of a worker: every W-th sample of a pass, in the order that the seed decides."""
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))
    for indices in order[rank::workers].split(BATCH):
        yield inputs[indices], targets[indices]


class ParameterServer:
    """The network where it is trained; workers call its methods from afar."""

    def __init__(self, model):
        self.model = model

    def forward(self, batch):
        """Return the outputs for a worker's batch; autograd keeps what the backward pass will need."""
        return self.model(batch)

    def parameter_references(self):
        """Return a remote reference to each parameter, for the workers' optimizers."""
        return [rpc.RRef(parameter) for parameter in self.model.parameters()]


def the_server():
    """Return the parameter server; runs in its process."""
    return server


def run(rank, model, inputs, targets, arguments, barrier, lock, store):
    """Be a worker or, as the last process, the server."""
    global server
    is_server = rank == arguments.workers
    torch.set_num_threads(os.cpu_count() if is_server else 1)  # workers wait while the server computes
    os.environ["TP_SOCKET_IFNAME"] = os.environ["GLOO_SOCKET_IFNAME"] = "lo"  # macOS: lo0
    options = rpc.TensorPipeRpcBackendOptions(
        init_method=store.as_uri(),  # through a file, because torch's store over TCP listens on every interface
        rpc_timeout=0,
        _transports=["uv"],  # the default keeps a core busy while it waits
        _channels=["basic"],
    )
    if is_server:
        torch.manual_seed(arguments.seed)  # dropout is drawn where the network is
        server = ParameterServer(model)
    name = "server" if is_server else f"worker-{rank}"
    rpc.init_rpc(name, rank=rank, world_size=arguments.workers + 1, rpc_backend_options=options)
    barrier.wait()
    if is_server:
        barrier.wait()  # for the end of the workers
    else:
        train(rank, inputs, targets, arguments, barrier, lock)
    rpc.shutdown()


def train(rank, inputs, targets, arguments, barrier, lock):
    """Train the server's model, as one of several workers."""
    compute_loss = nn.CrossEntropyLoss()
    remote = rpc.remote("server", the_server)
    parameters = remote.rpc_sync().parameter_references()
    optimizer = DistributedOptimizer(torch.optim.SGD, parameters, lr=0.01, momentum=0.5)
    started, step = time.perf_counter(), 0
    for number in range(arguments.passes):
        for batch, labels in batches(inputs, targets, arguments.seed + number, rank, arguments.workers):
            # The backward pass refuses weights that another worker has updated since the forward pass.
            with lock, autograd.context() as context:
                loss = compute_loss(remote.rpc_sync().forward(batch), labels)
                autograd.backward(context, [loss])
                optimizer.step(context)
            step += 1
            if step % arguments.log_interval == 0:
                print(f"worker {rank}, step {step}: loss {loss.item()}", flush=True)
    barrier.wait()
    seconds = time.perf_counter() - started
    samples = arguments.passes * len(targets)
    if rank == 0:
        print(f"{samples} samples in {seconds:.3f} s: {samples / seconds:.0f} samples per second", flush=True)


def main():
    """Make data and a network, train it, and see what it learned."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--samples", type=int, default=30000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-interval", type=int, default=100)
    arguments = parser.parse_args()

    inputs, targets = make_data(arguments.samples)
    torch.manual_seed(arguments.seed)
    model = Net().share_memory()
    inputs.share_memory_()
    targets.share_memory_()
    spawn = multiprocessing.get_context("spawn")
    barrier, lock = spawn.Barrier(arguments.workers + 1), spawn.Lock()
    with tempfile.TemporaryDirectory() as folder:
        everything = (model, inputs, targets, arguments, barrier, lock, Path(folder, "store"))
        multiprocessing.spawn(run, everything, nprocs=arguments.workers + 1)
    model.eval()
    with torch.inference_mode():
        accuracy = (model(inputs[:1000]).argmax(1) == targets[:1000]).float().mean().item()
    print(f"accuracy on the first 1,000 samples: {accuracy:.1%}")


if __name__ == "__main__":
    main()
