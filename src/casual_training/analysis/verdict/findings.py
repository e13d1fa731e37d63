"""What became of the specified comparisons, in words: the announced one, what stands behind it, and the others."""

from typing import Any

import pandas as pd

from casual_training.analysis.verdict.margin import (
    CONFIDENCE,
    EQUIVALENT,
    FAILS_TARGET,
    FASTER,
    MARGIN,
    MOST_SEEDS,
    NO_DIFFERENCE,
    NOT_MEASURED,
    NOT_OK,
    SLOWER,
)
from casual_training.analysis.verdict.speedups import of_cell, seconds_to_target
from casual_training.analysis.wording import count, digits, listed, rounded_down, rounded_up, with_workers

Row = Any  # of the comparison table, as itertuples returns it
CERTAINTY = f"{100 * CONFIDENCE:.0f} %"
WIDEST = 10  # times as fast or as slow: a bound beyond says that there are too few seeds, and nothing of the method
SHORTEST_WORTH_SAYING = 0.1  # seconds of serial training that pay for a longer start-up


def announced(best: Row, runs: pd.DataFrame, target: str, reference: str) -> str:
    """Recommend the announced method: "use X with W workers: at least s times as fast ...".

    Args:
        best: its row of the comparison table.
        runs: the runs of its workload.
        target: in words.
        reference: what it was compared with, in words.
    """
    cost = f", {count(best.lines_changed, 'line')} of code" if pd.notna(best.lines_changed) else ""
    return (
        f"use {_name(best, runs)}: at least {rounded_down(best.speedup_low)} times as fast to {target} as "
        f"{reference} ({CERTAINTY}){cost}."
    )


def behind(best: Row, runs: pd.DataFrame, baseline: str, seeds: list[int], n_specified: int) -> str:
    """Describe what stands behind the announced method: its seconds, its interval, its gain end to end."""
    own, serial = (
        digits(seconds_to_target(of_cell(runs, *cell)).loc[seeds].median())
        for cell in ((best.method, best.workers), (baseline, 1))
    )
    together = f", all {n_specified} declared comparisons together" if n_specified > 1 else ""
    text = (
        f"It took {own} s instead of {serial} s ({baseline}; medians of {len(seeds)} seeds): "
        f"{best.speedup_to_target:.2f} times as fast ({_bounds(best)}, {CERTAINTY}{together})."
    )
    if pd.notna(best.end_to_end_speedup):
        text += f" From the start of the process it is {best.end_to_end_speedup:.2f} times as fast"
        if best.break_even_seconds >= SHORTEST_WORTH_SAYING:
            text += f", and it pays off above {digits(best.break_even_seconds)} s of serial training"
        text += "."
    return text


def of_others(rows: list[Row], runs: pd.DataFrame, seeds: list[int]) -> str:
    """Return in words what became of specified comparisons (rows of the comparison table), a sentence a verdict."""
    sentences = []
    for verdict, (lead, detail) in SENTENCES.items():
        own = [row for row in rows if row.verdict == verdict]
        if own:
            sentences.append(f"{lead}: {listed(_name(row, runs) + detail(row, len(seeds)) for row in own)}.")
    if len(seeds) == 1 and rows:
        sentences.append("One seed decides nothing: repeat it with more.")
    return " ".join(sentences)


def is_oversubscribed(row: Row, runs: pd.DataFrame) -> bool:
    """Whether a configuration has more threads than there are cores."""
    return bool(of_cell(runs, row.method, row.workers)["oversubscribed"].fillna(False).any())


def _name(row: Row, runs: pd.DataFrame) -> str:
    over = " (oversubscribed)" if is_oversubscribed(row, runs) else ""
    return with_workers(row.method, row.workers) + over


def _bounds(row: Row) -> str:
    return f"{rounded_down(row.speedup_low)} to {rounded_up(row.speedup_high)}"


def _open(row: Row, n_seeds: int) -> str:
    """Describe where a comparison that is not settled stands and what would settle it."""
    if n_seeds == 1:
        return f" ({row.speedup_to_target:.2f} times as fast in the only seed)"
    more = f"more than {MOST_SEEDS} further seeds"
    if pd.notna(row.further_seeds):
        more = count(row.further_seeds, "more seed")
    too_wide = row.speedup_low < 1 / WIDEST or row.speedup_high > WIDEST
    known = f"{n_seeds} seeds tell next to nothing" if too_wide else f"{_bounds(row)} times as fast, {CERTAINTY}"
    return f" ({known}; {more} like these would settle it)"


def _equivalent(row: Row, n_seeds: int) -> str:
    return f" ({rounded_down(row.tost_low)} to {rounded_up(row.tost_high)}, by two one-sided tests)"


# The words for each verdict: how its sentence begins, and what is said of each comparison, given its row and the seeds.
SENTENCES = {
    FASTER: ("Also faster", lambda row, n_seeds: f" (at least {rounded_down(row.speedup_low)})"),
    EQUIVALENT: (f"No difference beyond {100 * (MARGIN - 1):.0f} %", _equivalent),
    NO_DIFFERENCE: ("Undecided", _open),
    SLOWER: ("Slower", lambda row, n_seeds: f" (at most {rounded_up(row.speedup_high)})"),
    FAILS_TARGET: ("Fails the target", lambda row, n_seeds: f" (on it in {row.n_on_target} of {n_seeds} seeds)"),
    NOT_OK: ("Not ok in every seed", lambda row, n_seeds: f" (ok in {row.n_ok} of {n_seeds})"),
    NOT_MEASURED: ("Not measured yet", lambda row, n_seeds: ""),
}
