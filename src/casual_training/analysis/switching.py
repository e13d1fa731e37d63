"""The original's first approach: cumulative seconds against epochs, with and without moving the network to the CPU.

The effective rate is what the moves get for the time they cost: the bytes that moved up to an epoch over the seconds by
which the switching arm is behind then. It says less than a copy's own rate, because a step also waits for its moves.
"""

from pathlib import Path

import pandas as pd

from casual_training.analysis.columns import SWITCHING_COLUMNS, as_table
from casual_training.analysis.run_folders import read_run

BYTES_PER_GB = 1e9


def collect_switching(folders: list[Path]) -> pd.DataFrame:
    """Set the two arms side by side, a row an epoch (SWITCHING_COLUMNS), where both are ok and whole.

    Times are seconds of training since the start, bytes those moved since then. Where nothing moves, as on the CPU, or
    where moving costs no time, there is no rate.

    Args:
        folders: run folders that exist, each with a run.json; those of other strategies are left out.
    """
    arms: dict[tuple, dict[bool, dict]] = {}
    for run in map(read_run, folders):
        if run["strategy"] == "device_switching" and run["status"] == "ok" and not run["throughput_only"]:
            options = run["spec"]["options"]
            arms.setdefault((run["workload"], options["device"], run["seed"]), {})[options["switch"]] = run["details"]
    rows = [
        dict(zip(SWITCHING_COLUMNS, (*which, *figures), strict=True))
        for which, pair in sorted(arms.items())
        if len(pair) == 2
        for figures in _epochs(pair[False], pair[True])
    ]
    return as_table(rows, SWITCHING_COLUMNS)


def _epochs(regular: dict, switching: dict) -> list[tuple]:
    """Return epoch, both times, their ratio, bytes moved and GB/s for each epoch of one seed."""
    n_epochs, figures = len(switching["pass_seconds"]), []
    if len(regular["pass_seconds"]) != n_epochs:
        raise ValueError(
            f"device_switching has {n_epochs} epochs in one arm and {len(regular['pass_seconds'])} in the other of the "
            "same seed; delete the folders of both runs, run them again"
        )
    pairs = zip(regular["pass_seconds"], switching["pass_seconds"], strict=True)
    for epoch, (one, other) in enumerate(pairs, start=1):
        moved = switching["bytes_moved"] * epoch // n_epochs
        rate = moved / (other - one) / BYTES_PER_GB if moved and other > one else None
        figures.append((epoch, one, other, other / one, moved, rate))
    return figures
