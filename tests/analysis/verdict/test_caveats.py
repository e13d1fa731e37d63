"""Runs of a seed are set beside each other as made in one block only if they were."""

import pytest

from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.verdict.caveats import apart

BLOCKS = ["serial 1", "hogwild 1", "ddp 1", "ddp 2", "serial 2", "hogwild 2", "hogwild 3", "ddp 3", "serial 3"]


def seeds_apart(made: list[str], later: dict[str, str] | None = None) -> list[int]:
    """Return the seeds in which hogwild and serial are apart; all runs start at nine, except the later ones."""
    rows = []
    for order, run in enumerate(made, start=1):
        method, seed = run.split()
        at = (later or {}).get(run, "09:00")
        rows.append({"method": method, "seed": int(seed), "order": order, "started_at": f"2026-11-23T{at}:00+00:00"})
    runs = as_table(rows, runs_table.COLUMNS)
    return apart(runs, runs[runs["method"] == "hogwild"], runs[runs["method"] == "serial"])


def test_runs_in_the_blocks_of_their_seeds_are_not_apart():
    assert seeds_apart(BLOCKS) == []


def test_a_method_that_was_added_later_is_apart_in_every_seed():
    own = [run for run in BLOCKS if run.startswith("hogwild")]
    assert seeds_apart([*(run for run in BLOCKS if run not in own), *own]) == [1, 2, 3]


def test_only_the_run_that_was_made_again_later_is_apart():
    assert seeds_apart([*(run for run in BLOCKS if run != "hogwild 1"), "hogwild 1"]) == [1]


@pytest.mark.parametrize(("at", "seeds"), [("10:00", []), ("10:01", [2])])
def test_runs_of_a_block_that_started_over_an_hour_apart_are_apart(at, seeds):
    assert seeds_apart(BLOCKS, {"serial 2": at}) == seeds
