"""The original's claims on the page, each with what it hid and what was measured."""

import re

import pandas as pd
from pages import parsed

from payloads import PAYLOADS


def claim_of(page, start):
    """Return the cells of a claim, with their white space made single: the original, what it hid, what was measured."""
    index = next(index for index, cell in enumerate(page.cells) if cell.startswith(start))
    return [" ".join(cell.split()) for cell in page.cells[index : index + 3]]


def test_the_original_is_re_examined_in_its_own_order(of_seed):
    words = parsed(of_seed).words
    order = [
        "The ways compared",
        "Runs that failed",
        "The original study, re-examined",
        "its README and its code",
        "Approach 1: unified memory",
        "Approach 2: parameter server",
        "Approach 3: Hogwild!",
        "What made its Hogwild! slow",
        "Its conclusions",
        "Where the speed-up comes from",
    ]
    places = [words.index(words_of_it) for words_of_it in order]
    assert places == sorted(places)
    assert "nobody here has seen its slides" in words


def test_claims_are_said_to_be_judged_less_strictly_than_the_answer(of_seed):
    words = parsed(of_seed).words
    warning = words.index("that is weaker than the tested answer above, so the two can differ.")
    assert words.index("The original study, re-examined") < warning < words.index("Approach 1: unified memory")


def test_a_claim_stands_with_what_it_hid_and_what_was_measured(of_seed):
    table = pd.read_csv(of_seed.parent / "tables" / "claims.csv").set_index("id").loc["2b"]
    original, hid, measured = claim_of(parsed(of_seed), "The parameter server is not successful")
    assert original.endswith("None: no serial run stands beside it.")
    assert hid.startswith("What that hid: The server does all the computing.")
    figures = [f"{table[column]:.3f}" for column in ("measured", "low", "high")]
    assert measured.startswith("confirmed {} times as fast ({} to {}, 2 seeds) ps_tutorial_whole".format(*figures))
    assert measured.endswith("against threads 1x4, fashion_mnist-ps_net")


def test_a_claim_about_splits_stands_once_with_a_verdict_a_split(of_seed):
    _, _, measured = claim_of(parsed(of_seed), "As the original ran it")
    assert re.findall(r"(\w+) 0\.\d+ times as fast .*? hogwild_original (\dx\d) against", measured) == [
        ("refuted", "2x2"),
        ("refuted", "4x1"),
    ]


def test_what_made_hogwild_slow_is_a_row_a_change(of_seed):
    cells = [" ".join(cell.split()) for cell in parsed(of_seed).cells]
    start = cells.index("one thing changed")
    assert cells[start + 1 : start + 4] == ["1x4", "2x2", "4x1"]
    change, *effects = cells[start + 4 : start + 8]
    assert change == "nothing: as it ran, against the best serial run"
    change, *effects = cells[start + 8 : start + 12]
    assert change == "oversubscription: threads limited to a worker's share of the cores"
    assert [effect.split()[-1] for effect in effects] == ["difference", "faster", "faster"]
    assert re.fullmatch(r"4\.\d\d 3\.\d\d to 4\.\d\d faster", effects[1])


def test_what_this_machine_cannot_do_is_said_with_its_reason(of_seed):
    _, _, measured = claim_of(parsed(of_seed), "Moving the network")
    assert measured.startswith("not testable here device_switching 1x4 against device_regular 1x4")
    assert measured.endswith("torch finds no accelerator (cuda or mps) on this machine.")


def test_what_is_not_measured_stands_with_the_command_that_measures_it(plain):
    page = parsed(plain)
    original, _, measured = claim_of(page, "As the original timed it")
    assert "197.35 s" in original
    command = "snakemake --cores 4 --configfile workflow/studies/seed.yaml"
    assert measured == f"not measured in this study This measures it: {command}"
    assert f"What made its Hogwild! slow is not measured in this study. This measures it: {command}" in page.words


def test_a_hostile_cause_beside_a_claim_is_text(attacked):
    _, _, measured = claim_of(parsed(attacked), "Hogwild! takes less training time")
    assert measured.startswith("undecided")
    assert measured.endswith(f"Only 1 of 2 seeds can be compared. hogwild 2x2 failed: cause: {PAYLOADS[0]}.")
