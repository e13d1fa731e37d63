"""The original's first approach: cumulative seconds against epochs, with and without moving the network to the CPU.

The effective rate is what the moves get for the time they cost: the bytes that moved up to an epoch over the seconds by
which the switching arm is behind then. It says less than a copy's own rate, because a step also waits for its moves.
"""

from collections.abc import Iterable

import pandas as pd

from casual_training.analysis.frames import FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import Record, Switching

CAPTION = (
    "Cumulative seconds against epochs of training on an accelerator, with and without moving the network to the CPU "
    "and back after every step."
)
INPUTS = ["records"]
COLUMNS = {
    "workload": TEXT,
    "device": TEXT,
    "seed": WHOLE,
    "epoch": WHOLE,
    "regular_seconds": FIGURE,
    "switching_seconds": FIGURE,
    "ratio": FIGURE,
    "bytes_moved": WHOLE,
    "gb_per_second": FIGURE,
}
BYTES_PER_GB = 1e9


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return collect_switching(study.records(run for run in study.plan.runs if not run.tune))


def collect_switching(records: Iterable[Record]) -> pd.DataFrame:
    """Set the two arms side by side, a row an epoch (COLUMNS), where both are ok and whole.

    Times are seconds of training since the start, bytes those moved since then. Where nothing moves, as on the CPU, or
    where moving costs no time, there is no rate. Runs of other strategies are left out.
    """
    arms: dict[tuple, dict[bool, Switching]] = {}
    for record in records:
        run = record.run
        if run.strategy == "device_switching" and record.ok and not run.throughput_only:
            arm = arms.setdefault((run.workload, run.options["device"], run.seed), {})
            arm[run.options["switch"]] = record.switching
    rows = [
        dict(zip(COLUMNS, (*which, *figures), strict=True))
        for which, pair in sorted(arms.items())
        if len(pair) == 2
        for figures in _epochs(pair[False], pair[True])
    ]
    return as_table(rows, COLUMNS)


def _epochs(regular: Switching, switching: Switching) -> list[tuple]:
    """Return epoch, both times, their ratio, bytes moved and GB/s for each epoch of one seed."""
    n_epochs, figures = len(switching.pass_seconds), []
    if len(regular.pass_seconds) != n_epochs:
        raise ValueError(
            f"device_switching has {n_epochs} epochs in one arm and {len(regular.pass_seconds)} in the other of the "
            "same seed; delete the folders of both runs, run them again"
        )
    pairs = zip(regular.pass_seconds, switching.pass_seconds, strict=True)
    for epoch, (one, other) in enumerate(pairs, start=1):
        moved = switching.bytes_moved * epoch // n_epochs
        rate = moved / (other - one) / BYTES_PER_GB if moved and other > one else None
        figures.append((epoch, one, other, other / one, moved, rate))
    return figures
