"""What the page says of how quiet the machine was."""

import pytest

from casual_training.analysis.frames import as_table
from casual_training.analysis.page.quietness import quietness
from casual_training.analysis.tables import runs


def run(order, foreign=0.004, steal=0.0, attempt=1, interference_detected=False, load=0.1):
    row = {"workload": "images", "method": "serial", "order": order, "foreign_cpu_share": foreign}
    return row | {
        "steal_share": steal,
        "attempt": attempt,
        "interference_detected": interference_detected,
        "load_average": load,
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        (
            [run(2, load=1.9), run(1, foreign=0.012)],
            "Other programs or virtual machines used at most 1.2 % of its cores during a run; no run was disturbed. "
            "Before the first run the load average was 0.10.",
        ),
        (
            [run(1, load=None), run(2, attempt=2), run(3, steal=0.031, attempt=2, interference_detected=True)],
            "Other programs or virtual machines used at most 3.5 % of its cores during a run; "
            "2 of 3 runs were disturbed and repeated, 1 of them disturbed again.",
        ),
        (
            [run(1, attempt=2, load=None), run(2, foreign=None, steal=None, interference_detected=None)],
            "Other programs or virtual machines used at most 0.4 % of its cores during a run "
            "(1 of 2 runs have a reading); 1 of 2 runs was disturbed and repeated.",
        ),
        (
            [run(1, foreign=None, steal=None, interference_detected=None)],
            "How quiet it was cannot be read on this system.",
        ),
    ],
)
def test_quietness_is_said_in_words_and_so_is_no_reading(rows, words):
    assert quietness(as_table(rows, runs.COLUMNS)) == words
