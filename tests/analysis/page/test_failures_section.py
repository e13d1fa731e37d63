"""What failed is in sight, with its cause and the command that repeats it."""

import re
import shlex

from pages import COMMAND, parsed, row_of


def test_failed_and_missing_runs_are_in_sight_with_their_cause(in_trouble):
    words = parsed(in_trouble).words
    assert "14 of 15 planned runs have finished; 1 of them failed." in words
    assert "1 of 2 runs failed" in words
    assert "worker 3 trained for more than 600 s" in words
    assert "copy 1 ended with exit code 1" in words
    assert "fashion_mnist-simple_nn: hogwild, 4x1, seed 3" in words
    assert "1 of 3" in words


def test_what_failed_as_expected_is_listed_without_alarm(of_all_kinds):
    page = parsed(of_all_kinds)
    assert "24 of 24 planned runs have finished; 3 failed as expected." in page.words
    assert "24 of 27 runs are ok, 3 failed as expected, ceilings included: there is nothing to repeat." in page.words
    assert "worker 1 raised RuntimeError: modified by an inplace operation" in page.words
    assert row_of(page, "unlocked 2 workers")["configuration"].endswith("3 of 3 runs failed as expected")
    assert "--forcerun" not in page.words
    assert "badge bad" not in [attributes.get("class") for attributes in page.all("span")]


def test_one_command_makes_just_the_failed_runs_again(in_trouble):
    page = parsed(in_trouble)
    folders = {
        "results/default/runs/fashion_mnist-simple_nn/hogwild/4x1/seed-1",
        "results/default/independent_copies/fashion_mnist-simple_nn/seed-2",
    }
    assert {cell for cell in page.cells if cell.startswith("results/")} == folders
    assert all((in_trouble.parents[2] / folder / "run.json").is_file() for folder in folders)
    assert "2 of 18 runs failed, 1 not made yet, ceilings included. To make just the failed ones again:" in page.words
    (start,) = [match.start() for match in re.finditer(re.escape(f"{COMMAND} --forcerun"), page.words)]
    command = page.words[start : page.words.index("Their times count nowhere")]
    assert set(shlex.split(command)) - set(shlex.split(COMMAND)) == {"--forcerun"} | {
        f"{folder}/run.json" for folder in folders
    }
