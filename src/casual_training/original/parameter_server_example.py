"""The original's parameter-server example: one network trained by 1 worker x 4 epochs and by 4 workers x 1 epoch.

    python -m casual_training.original.parameter_server_example [--samples 6000]

Prints the test loss and accuracy and the time of each. The time is that of launch_ps_and_workers: the start of its
processes, training, and the one test at the end.
"""

import argparse
import time

from casual_training.original import example_data, launch_ps_and_workers
from casual_training.original.exit_codes import run_command
from casual_training.original.supervise import warm_up

CONFIGURATIONS = ((1, 4), (4, 1))  # workers, epochs of each


def main(arguments: list[str] | None = None) -> None:
    """Train and test both configurations."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    example_data.add_arguments(parser)
    parsed = parser.parse_args(arguments)
    train_loader, test_loader = example_data.loaders(parsed.dataset, parsed.data_dir, parsed.samples)
    warm_up()
    for number, (n_workers, epochs) in enumerate(CONFIGURATIONS, start=1):
        start = time.perf_counter()
        launch_ps_and_workers(n_workers + 1, epochs, 0, train_loader, test_loader)
        seconds = time.perf_counter() - start
        print(f"model {number}, workers: {n_workers}, epochs of each: {epochs}: {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    run_command(main)
