"""The original's plain training script: LeNet5, ResNet34 or VGG16 on MNIST, CIFAR-10 or SVHN.

    python -m casual_training.original.train_example --model resnet34 --dataset cifar10 --device cuda
    python -m casual_training.original.train_example --model lenet5 resnet34 vgg16 --dataset mnist cifar10 svhn

Trains every network on every data set, one after the other, showing its progress on the terminal, and closes with a
table: test accuracy, loss and the time of the evaluation, or why there is none. The data come through torchvision from
the internet (SVHN also needs the package scipy). Only the CPU was tested.
"""

import argparse
import sys
import traceback
from pathlib import Path

import torch

from casual_training.original import check_arguments, networks, torchvision_data
from casual_training.original.exit_codes import run_command
from casual_training.original.train_plain import train_plain

SEED = 42
Result = tuple[float, float, float]  # accuracy, loss, seconds of the evaluation


def main(arguments: list[str] | None = None) -> None:
    """Train and test every network on every data set; exit with code 1 if one of them has no result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", nargs="+", choices=networks.NETWORKS, default=["lenet5"])
    parser.add_argument("--dataset", nargs="+", choices=torchvision_data.SOURCES, default=["mnist"])
    parser.add_argument("--device", choices=check_arguments.DEVICES, default="cpu")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="default: %(default)s")
    parsed = parser.parse_args(arguments)
    check_arguments.find_device(parsed.device)
    check_arguments.check_count("--epochs", parsed.epochs)
    results: dict[tuple[str, str], Result | str] = {}
    for dataset in dict.fromkeys(parsed.dataset):
        for model in dict.fromkeys(parsed.model):
            print(f"{model} on {dataset}, {parsed.device}:", flush=True)
            results[model, dataset] = _result(model, dataset, parsed)
    print(table(results), flush=True)
    if any(isinstance(result, str) for result in results.values()):
        sys.exit(1)


def _result(model: str, dataset: str, parsed: argparse.Namespace) -> Result | str:
    """Train and test one network on one data set; return a sentence if that fails, so that the others go on."""
    try:
        train_loader, test_loader = torchvision_data.loaders(dataset, parsed.data_dir)
        torch.manual_seed(SEED)
        return train_plain(networks.build(model), train_loader, test_loader, parsed.device, parsed.epochs)
    except ValueError as error:
        return str(error)
    except Exception as error:  # too little memory, an operator that a device does not have
        traceback.print_exc()
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def table(results: dict[tuple[str, str], Result | str]) -> str:
    """Write a line for each (network, data set): its accuracy, loss and evaluation time, or the sentence it has."""
    lines = [f"{'network':10}{'data set':10}{'accuracy':>10}{'loss':>10}{'evaluation (s)':>16}"]
    for (model, dataset), result in results.items():
        name = f"{model:10}{dataset:10}"
        if isinstance(result, str):
            lines.append(f"{name}  {result}")
        else:
            accuracy, loss, seconds = result
            lines.append(f"{name}{accuracy:>10.2%}{loss:>10.4f}{seconds:>16.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main)
