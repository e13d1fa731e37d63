"""The name of a configuration, and the line that says how long it took."""


def log_elapsed_time(num_processes: int, epochs_per_process: int, start: float, end: float) -> None:
    """Print how long a configuration took.

    Right here and wrong in the original: the line of 2 processes says 2 processes.

    Args:
        num_processes: processes that trained.
        epochs_per_process: epochs of each.
        start: moment in seconds, of time.perf_counter or another clock that `end` is read from, too.
        end: moment in seconds.
    """
    print(f"{configuration(num_processes, epochs_per_process)}: {end - start:.2f} s", flush=True)


def configuration(num_processes: int, epochs_per_process: int) -> str:
    """Name a configuration: "4 processes x 1 epoch"."""
    return f"{_counted(num_processes, 'process', 'es')} x {_counted(epochs_per_process, 'epoch', 's')}"


def _counted(number: int, noun: str, plural: str) -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
