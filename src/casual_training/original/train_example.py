"""The original's plain training script: LeNet5, ResNet34 or VGG16 on MNIST, CIFAR-10 or SVHN.

    python -m casual_training.original.train_example --model resnet34 --dataset cifar10 --device cuda

Shows its progress on the terminal, then test accuracy, loss and the time of the evaluation. The data come through
torchvision from the internet (SVHN also needs the package scipy). Only the CPU was tested.
"""

import argparse
from pathlib import Path

import torch

from casual_training.original import checks, networks, plain_data
from casual_training.original.command import run_command
from casual_training.original.plain import train_plain

SEED = 42


def main(arguments: list[str] | None = None) -> None:
    """Train and test one network on one data set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=networks.NETWORKS, default="lenet5")
    parser.add_argument("--dataset", choices=plain_data.SOURCES, default="mnist")
    parser.add_argument("--device", choices=checks.DEVICES, default="cpu")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="default: %(default)s")
    parsed = parser.parse_args(arguments)
    checks.find_device(parsed.device)
    checks.check_count("--epochs", parsed.epochs)
    train_loader, test_loader = plain_data.loaders(parsed.dataset, parsed.data_dir)
    torch.manual_seed(SEED)
    train_plain(networks.build(parsed.model), train_loader, test_loader, parsed.device, parsed.epochs)


if __name__ == "__main__":
    run_command(main)
