"""How often a study has a winner, by the truth: the table of docs/method.md.

    python benchmarks/verdict.py

Simulated are studies of 5 seeds with one declared comparison that is truly so many times as fast, with five more that
are as fast as serial training, and with six that all are that fast. The spread is the
standard deviation of the logarithm of a seed's speed-up; half of its variance is serial training's and so common to
all comparisons of a study. Nothing is trained; the verdicts are those of analysis/verdict/margin.py.
"""

import math

import numpy

from casual_training.analysis.verdict.margin import FASTER, contrast

STUDIES = 1000
TRUTHS, SPREADS = (1.0, 1.05, 1.3), (0.05, 0.1)


def share_with_a_winner(truths: list[float], spread: float, studies: int = STUDIES, n: int = 5) -> float:
    """Return the share of simulated studies in which any of the declared comparisons is called faster.

    Args:
        truths: the true speed-up of each comparison that is declared.
        spread: standard deviation of the logarithm of a seed's speed-up.
        studies: how many to simulate.
        n: seeds of each.
    """
    declared, random = len(truths), numpy.random.default_rng(20261124)
    serial = random.normal(0, spread / math.sqrt(2), (studies, n, 1))
    own = random.normal(0, spread / math.sqrt(2), (studies, n, declared))
    speedups = truths * numpy.exp(serial - own)
    won = [any(contrast(list(column), declared).verdict == FASTER for column in study.T) for study in speedups]
    return sum(won) / studies


def main() -> None:
    print(f"share of {STUDIES:,} simulated studies of 5 seeds that have a winner")
    print("| true speed-up | spread | 1 declared | 1 of 6 declared | 6 of 6 |\n| --- | --- | --- | --- | --- |")
    for truth in TRUTHS:
        for spread in SPREADS:
            declared = [truth], [truth, *[1.0] * 5], [truth] * 6
            shares = [f"{share_with_a_winner(truths, spread):.1%}" for truths in declared]
            print(f"| {truth:g} | {spread:.0%} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
