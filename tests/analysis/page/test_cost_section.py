"""What a run costs, said to be modelled."""

import pandas as pd
from pages import parsed


def test_costs_are_labelled_modelled_and_tiny_sums_are_said_to_be(plain):
    page = parsed(plain)
    section = page.words[page.words.index("What a run costs") : page.words.index("How to read this")]
    for part in ("10 W", "0.2872 EUR", "as of 2026-06", "energy (Wh), modelled", "The sums are tiny"):
        assert part in section
    table = pd.read_csv(plain.parent / "tables" / "cost.csv")
    assert list(table["method"]) == ["serial", "threads", *["hogwild"] * 3]  # as the study has them: no ranking
