"""Verdicts of one comparison: by hand, and in simulated studies whose truth is known."""

import math
import runpy

import pytest

from casual_training.analysis.verdict.margin import EQUIVALENT, FASTER, NO_DIFFERENCE, SLOWER, contrast, is_beaten
from casual_training.study.load import PROJECT

share_with_a_winner = runpy.run_path(str(PROJECT / "benchmarks" / "verdict.py"))["share_with_a_winner"]
T4, T4_SIX = 2.7764451051977987, 4.8509  # Student's t with 4 degrees of freedom, at 1 - 0.05/2 and 1 - 0.05/12
T4_ONE_SIDE, T4_ONE_SIDE_OF_SIX = 2.1318468, 3.9608  # at 1 - 0.05 and 1 - 0.05/6


def logs(mean, *deviations):
    return [math.exp(mean + deviation) for deviation in deviations]


def test_the_interval_is_the_one_worked_out_by_hand():
    # Deviations -2, -1, 0, 1, 2 hundredths: variance 10 / 4, so a standard deviation of 0.0158114 and, over the root
    # of 5, a standard error of 0.00707107.
    found = contrast(logs(0.3, -0.02, -0.01, 0, 0.01, 0.02), n_specified=1)
    assert (found.verdict, found.n, found.further_seeds) == (FASTER, 5, None)
    assert found.speedup == pytest.approx(math.exp(0.3))
    assert found.low == pytest.approx(math.exp(0.3 - T4 * 0.00707107), rel=1e-6)
    assert found.high == pytest.approx(math.exp(0.3 + T4 * 0.00707107), rel=1e-6)


def test_two_one_sided_tests_have_a_one_sided_interval_of_equal_error():
    found = contrast(logs(0.01, -0.02, -0.01, 0, 0.01, 0.02), n_specified=1)
    assert found.tost_low == pytest.approx(math.exp(0.01 - T4_ONE_SIDE * 0.00707107), rel=1e-5)
    assert found.tost_high == pytest.approx(math.exp(0.01 + T4_ONE_SIDE * 0.00707107), rel=1e-5)
    six = contrast(logs(0.01, -0.02, -0.01, 0, 0.01, 0.02), n_specified=6)
    assert six.tost_high == pytest.approx(math.exp(0.01 + T4_ONE_SIDE_OF_SIX * 0.00707107), rel=1e-5)


def test_six_specified_comparisons_share_the_error():
    found = contrast(logs(0.3, -0.02, -0.01, 0, 0.01, 0.02), n_specified=6)
    assert found.low == pytest.approx(math.exp(0.3 - T4_SIX * 0.00707107), rel=1e-5)


@pytest.mark.parametrize(
    ("mean", "verdict"),
    # The margin is log 1.05 = 0.0488; half of the interval is 0.0196, one side of it (t = 2.1318) 0.0151.
    [
        (0.0685, FASTER),
        (0.0683, NO_DIFFERENCE),
        (0.0336, EQUIVALENT),
        (0.0339, NO_DIFFERENCE),
        (-0.0336, EQUIVALENT),
        (-0.0339, NO_DIFFERENCE),
        (-0.0683, NO_DIFFERENCE),
        (-0.0685, SLOWER),
    ],
)
def test_each_verdict_begins_where_the_margin_says(mean, verdict):
    assert contrast(logs(mean, -0.02, -0.01, 0, 0.01, 0.02), n_specified=1).verdict == verdict


def test_an_open_comparison_says_how_many_further_seeds_would_settle_it():
    # A mean of 0.1 with a standard deviation of 0.0632: settled when t * 0.0632 / sqrt(n) < 0.1 - 0.0488 = 0.0512, so
    # sqrt(n) / t > 1.2353: with 8, 2.8284 / 2.3646 = 1.196 is too little; with 9, 3 / 2.3060 = 1.301 is enough.
    found = contrast(logs(0.1, -0.08, -0.04, 0, 0.04, 0.08), n_specified=1)
    assert (found.verdict, found.further_seeds) == (NO_DIFFERENCE, 4)


def test_no_number_of_seeds_is_suggested_where_a_hundred_would_not_do():
    assert contrast([0.5, 2.2, 0.6, 1.7, 0.9], n_specified=1).further_seeds is None


def test_one_seed_has_no_interval_and_no_verdict():
    found = contrast([1.9], n_specified=1)
    assert (found.verdict, found.n, found.low, found.further_seeds) == (NO_DIFFERENCE, 1, None, None)
    assert found.speedup == pytest.approx(1.9)


def test_seeds_without_any_spread_are_taken_at_their_word():
    assert contrast([1.2, 1.2, 1.2], n_specified=6).verdict == FASTER
    assert contrast([1.0, 1.0, 1.0], n_specified=6).verdict == EQUIVALENT


def test_one_method_is_beaten_by_another_only_by_the_same_rule():
    slow, fast = [20.0, 21.0, 20.5, 19.5], [17.0, 17.9, 17.4, 16.6]
    assert is_beaten(slow, fast, n_specified=1)
    assert not is_beaten(fast, slow, n_specified=1)
    assert not is_beaten(slow, [19.8, 20.9, 20.1, 19.4], n_specified=1)


@pytest.mark.parametrize("declared", [1, 6])
@pytest.mark.parametrize("spread", [0.02, 0.05, 0.2])
def test_without_a_difference_at_most_one_study_in_twenty_has_a_winner(declared, spread):
    assert share_with_a_winner([1.0] * declared, spread) <= 0.05


@pytest.mark.parametrize("declared", [1, 6])
def test_at_the_margin_at_most_one_study_in_twenty_has_a_winner(declared):
    assert share_with_a_winner([1.05] * declared, 0.05) <= 0.05


def test_a_speedup_of_1_3_is_found_in_19_of_20_studies():
    assert share_with_a_winner([1.3], 0.05) >= 0.95
