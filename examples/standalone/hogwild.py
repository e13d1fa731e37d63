"""Hogwild!: workers update one set of weights in shared memory, at the same time and without a lock.

python examples/standalone/hogwild.py --workers 2
"""

import argparse
import os
import time

import torch
from torch import multiprocessing, nn

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


def train(rank, model, inputs, targets, arguments, barrier):
    """Train the shared model in place, as one of several workers."""
    torch.set_num_threads(max(1, os.cpu_count() // arguments.workers))
    torch.manual_seed(arguments.seed + rank)
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
    barrier = multiprocessing.get_context("spawn").Barrier(arguments.workers)
    multiprocessing.spawn(train, (model, inputs, targets, arguments, barrier), nprocs=arguments.workers)
    model.eval()
    with torch.inference_mode():
        accuracy = (model(inputs[:1000]).argmax(1) == targets[:1000]).float().mean().item()
    print(f"accuracy on the first 1,000 samples: {accuracy:.1%}")


if __name__ == "__main__":
    main()
