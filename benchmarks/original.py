"""The original study's 4x1 against ours: 4 Hogwild! workers, one epoch each, whole processes timed from outside.

    python benchmarks/original.py

The first arm does what the original did, rebuilt from its description: spawned processes, each going over the whole
training set through torchvision's per-sample transforms, losses appended to a manager's list, test inside the clock;
but with one thread a worker, without which it is far slower still. The second is `casual-training train`. The arms
alternate. Ours trains on the 55,000 images that are not validation data, so seconds per sample are compared.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from casual_training.config.read import read_config
from casual_training.records.record import read_record
from casual_training.study.load import PROJECT, one_run

REPEATS = 3
WORKERS, TRAIN_SAMPLES = 4, 60_000


def train_as_the_original(root: str) -> None:
    """Train and test once, as the original's example does."""
    import torch
    import torch.multiprocessing as mp
    from torchvision import datasets, transforms

    from casual_training.workload.models.simple_nn import SimpleNN

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train_set, test_set = (datasets.FashionMNIST(root, train=train, transform=transform) for train in (True, False))
    model = SimpleNN()
    model.share_memory()
    context = mp.get_context("spawn")
    losses = context.Manager().list()
    loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)
    workers = [context.Process(target=train_one_epoch, args=(model, loader, losses)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    model.eval()
    with torch.no_grad():
        for images, labels in torch.utils.data.DataLoader(test_set, batch_size=32):
            torch.nn.functional.cross_entropy(model(images), labels)


def train_one_epoch(model, loader, losses) -> None:
    import torch

    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    for step, (images, labels) in enumerate(loader):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            losses.append(loss.item())


def seconds_per_sample_of_the_original(data_dir: Path) -> float:
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root, "FashionMNIST", "raw")  # where torchvision looks
        raw.mkdir(parents=True)
        for file in (data_dir / "fashion_mnist").glob("*-ubyte"):
            (raw / file.name).symlink_to(file)
        command = [sys.executable, __file__, root]
        return timed(command, {"OMP_NUM_THREADS": "1"}) / (WORKERS * TRAIN_SAMPLES)


def seconds_per_sample_of_ours(data_dir: Path) -> float:
    config = read_config([PROJECT / "config.yaml"])
    config["workloads"]["fashion_mnist-simple_nn"]["train_samples"] = None  # all of them
    run, _ = one_run(config, None, "hogwild", WORKERS, epochs=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "casual_training", "train", "--run", json.dumps(run.spec), "--out", folder]
        seconds = timed([*command, "--data-dir", str(data_dir), "--deadline", "600"], {})
        return seconds / read_record(Path(folder)).samples


def timed(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    return time.perf_counter() - started


def main() -> None:
    data_dir = PROJECT / "data"
    pairs = [
        (seconds_per_sample_of_the_original(data_dir), seconds_per_sample_of_ours(data_dir)) for _ in range(REPEATS)
    ]
    for name, readings in zip(("the original's, threads limited", "ours"), zip(*pairs, strict=True), strict=True):
        seconds = [reading * WORKERS * TRAIN_SAMPLES for reading in readings]
        spread = f"from {min(seconds):.1f} to {max(seconds):.1f}"
        print(f"4x1, {name}: {statistics.median(seconds):.1f} s for 240,000 samples ({spread})")
    ratios = [original / ours for original, ours in pairs]
    print(f"4x1, times as fast: {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train_as_the_original(sys.argv[1])
    else:
        main()
