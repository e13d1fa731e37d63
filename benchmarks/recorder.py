"""What recording costs: seconds of Recorder.step against seconds of the training step it follows.

    python benchmarks/recorder.py

Both are timed on one thread in this process, in turns; the median share of the turns is printed.
"""

import statistics
import time

import torch

from casual_training import models
from casual_training.recorder import Recorder

STEPS, TURNS = 200, 9


def main() -> None:
    torch.set_num_threads(1)
    model = models.build("simple_nn")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    compute_loss = torch.nn.CrossEntropyLoss()
    inputs, targets = torch.randn(32, 1, 28, 28), torch.randint(10, (32,))

    def train() -> torch.Tensor:
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
        return loss

    loss = train()
    shares = []
    for _ in range(TURNS):
        recorder = Recorder(workers=1, steps=STEPS, log_interval=10)
        recorder.start(0, threads=1)
        begun = time.perf_counter()
        train()
        trained = time.perf_counter()
        for _ in range(STEPS):
            recorder.step(loss, 32)
        shares.append((time.perf_counter() - trained) / (trained - begun))
    print(f"recording, share of a step: {statistics.median(shares):.3%} (from {min(shares):.3%} to {max(shares):.3%})")


if __name__ == "__main__":
    main()
