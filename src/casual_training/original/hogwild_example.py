"""The original's Hogwild! example: one network trained as 1 process x 4 epochs, 4 x 1 and 2 x 2.

    python -m casual_training.original.hogwild_example [--samples 6000]

Prints the test loss and accuracy and the time of each, and draws their training losses into losses.png. Every
configuration begins with the same weights; its time is that of train_model, its processes' start included, without the
test.
"""

import argparse
import time

import torch

from casual_training.original import chart_losses, example_data, log_elapsed_time, test, train_model
from casual_training.original.chart_losses import FILE
from casual_training.original.elapsed import configuration
from casual_training.original.exit_codes import run_command
from casual_training.original.supervise import warm_up
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import models

CONFIGURATIONS = ((1, 4), (4, 1), (2, 2))  # processes, epochs of each
SEED = 42


def main(arguments: list[str] | None = None) -> None:
    """Train, test and chart every configuration."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    example_data.add_arguments(parser)
    parser.add_argument("--log-interval", type=int, default=10, help="batches between losses; default: %(default)s")
    parsed = parser.parse_args(arguments)
    train_loader, test_loader = example_data.loaders(parsed.dataset, parsed.data_dir, parsed.samples)
    warm_up()
    losses = {}
    for num_processes, epochs in CONFIGURATIONS:
        torch.manual_seed(derived_seed(SEED, INITIAL_WEIGHTS))
        model = models.build("simple_nn")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
        start = time.perf_counter()
        noted = train_model(
            model,
            train_loader,
            num_processes,
            epochs,
            optimizer,
            log_interval=parsed.log_interval,
            loss_tracker=[],
            seed=SEED,
        )
        log_elapsed_time(num_processes, epochs, start, time.perf_counter())
        test(model, "cpu", test_loader)
        losses[f"{configuration(num_processes, epochs)} NN"] = noted
    chart_losses(losses)
    print(f"training losses: {FILE.resolve()}")


if __name__ == "__main__":
    run_command(main)
