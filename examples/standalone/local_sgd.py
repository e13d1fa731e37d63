"""Local SGD: workers train models of their own, and every 16 steps replace the weights by their mean.

python examples/standalone/local_sgd.py --workers 2
"""

import argparse
import copy
import os
import time

import torch
from torch import multiprocessing, nn
from torch.nn.utils import parameters_to_vector

BATCH = 32
AVERAGE_EVERY = 16  # steps


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
    """Yield the worker's part of W batches at a time, so that all make as many steps; the last may have no samples."""
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))
    for indices in order.split(BATCH * workers):
        yield inputs[indices[rank::workers]], targets[indices[rank::workers]]


@torch.no_grad()
def average(model, rows, rank, barrier):
    """Replace the weights by their mean over all workers."""
    rows[rank] = parameters_to_vector(model.parameters())
    barrier.wait()
    mean = sum(rows) / len(rows)
    barrier.wait()  # or a quick worker would write its next row while others still read
    for parameter, values in zip(model.parameters(), mean.split([p.numel() for p in model.parameters()]), strict=True):
        parameter.copy_(values.view_as(parameter))


def train(rank, model, inputs, targets, arguments, rows, barrier):
    """Train the model in place as worker 0, and a copy of it as another."""
    torch.set_num_threads(max(1, os.cpu_count() // arguments.workers))
    torch.manual_seed(arguments.seed + rank)
    if rank > 0:
        model = copy.deepcopy(model)
    compute_loss = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    barrier.wait()
    started, step = time.perf_counter(), 0
    for number in range(arguments.passes):
        for batch, labels in batches(inputs, targets, arguments.seed + number, rank, arguments.workers):
            optimizer.zero_grad()
            loss = compute_loss(model(batch), labels)
            loss.backward()
            optimizer.step()
            step += 1
            if step % AVERAGE_EVERY == 0:
                average(model, rows, rank, barrier)
            if step % arguments.log_interval == 0:
                print(f"worker {rank}, step {step}: loss {loss.item()}", flush=True)
    average(model, rows, rank, barrier)
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
    rows = torch.zeros(arguments.workers, len(parameters_to_vector(model.parameters()))).share_memory_()
    barrier = multiprocessing.get_context("spawn").Barrier(arguments.workers)
    multiprocessing.spawn(train, (model, inputs, targets, arguments, rows, barrier), nprocs=arguments.workers)
    model.eval()
    with torch.inference_mode():
        accuracy = (model(inputs[:1000]).argmax(1) == targets[:1000]).float().mean().item()
    print(f"accuracy on the first 1,000 samples: {accuracy:.1%}")


if __name__ == "__main__":
    main()
