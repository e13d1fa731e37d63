"""The first line of the page abstains where the tables do not carry an answer."""

import pandas as pd
import pytest

from casual_training.analysis.columns import CEILINGS_COLUMNS, RUNS_COLUMNS, as_table
from casual_training.analysis.tables import compare_methods
from casual_training.analysis.verdict import answer
from casual_training.analysis.wording import digits, listed

SEEDS = [1, 2, 3]
SERIAL, THREADS = [24.0, 24.5, 23.5], [21.0, 21.5, 20.5]


def answered(cells, seeds=SEEDS, accuracies=None, overs=None, rate_only=(), **changes):
    """Answer from {(method, workers): seconds of each seed, None where it failed}."""
    rows = []
    for (method, workers), all_seconds in cells.items():
        serial = method in ("serial", "threads")
        of_method = (accuracies or {}).get(method, 0.842)
        for place, (seed, seconds) in enumerate(zip(SEEDS, all_seconds, strict=False)):
            accuracy = of_method[place] if isinstance(of_method, list) else of_method
            row = {"workload": "images", "method": method, "strategy": "serial" if serial else method, "seed": seed}
            row |= {"workers": workers, "epochs": 4 / workers, "cores": 2, "oversubscribed": workers > 2}
            row |= {"oversubscribed": method in overs} if overs else {}
            row |= {"rate_only": method in rate_only, "metric": "accuracy", "higher_is_better": True}
            row |= {"threads_per_worker": 2 if method == "threads" else 1, "status": "ok" if seconds else "failed"}
            row |= {"train_seconds": seconds, "samples_per_second": seconds and 1000 / seconds} | changes
            if method in rate_only:
                row |= {"train_seconds": None}
            elif seconds:
                row |= {"validation_metric": accuracy, "test_metric": accuracy - 0.003}
            rows.append(row)
    runs = as_table(rows, RUNS_COLUMNS)
    return answer("images", runs, compare_methods(runs, as_table([], CEILINGS_COLUMNS)), seeds)


def sentence(found):
    return f"{found.headline} {found.evidence}".strip()


def test_a_way_that_is_clearly_faster_in_every_seed_is_announced_with_its_evidence():
    cells = {("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 2): [14.0, 14.1, 13.9]}
    found = answered(cells, accuracies={"threads": 0.845})
    assert found.winner == ("hogwild", 2)
    assert sentence(found) == (
        "On this machine (2 cores), hogwild with 2 workers trained images fastest: 14.0 s for 4 passes over the data, "
        "1.50 times as fast as the best serial run (threads, 21.0 s) in the median of 3 seeds and faster in each, "
        "at 83.9 % test accuracy against 84.2 %."
    )


def test_the_fastest_of_several_faster_ways_wins():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0] * 3, ("ddp", 2): [12.0] * 3, ("hogwild", 1): [18.0] * 3}
    assert answered(cells).winner == ("ddp", 2)


def test_one_worker_of_a_parallel_strategy_is_serial_training_and_never_the_winner():
    found = answered({("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 1): [14.0] * 3})
    assert found.winner is None
    assert "no run of images by a parallel method with 2 workers or more: threads it is" in found.headline


def test_a_winner_with_more_workers_than_cores_is_said_to_be_oversubscribed():
    found = answered({("serial", 1): SERIAL, ("hogwild", 4): [14.0] * 3})
    assert "hogwild with 4 workers on 2 cores (oversubscribed)" in found.headline


@pytest.mark.parametrize("third", [20.0, 25.0])
def test_a_way_that_is_not_5_percent_faster_in_one_seed_is_not_announced(third):
    found = answered({("threads", 1): [21.0] * 3, ("hogwild", 2): [14.0, 14.0, third]})
    assert found.winner is None
    assert found.headline == (
        "On this machine (2 cores), no parallel way is clearly faster than the best serial run on images."
    )
    assert found.evidence == (
        "The closest, hogwild with 2 workers, took 14.0 s for 4 passes over the data in the median of 3 seeds, "
        "not more than 5 % less in every seed than the best serial run (threads, 21.0 s)."
    )


def test_one_noisy_seed_of_the_fastest_does_not_hide_another_way_that_is_faster_in_every_seed():
    cells = {("threads", 1): [21.0] * 3, ("hogwild", 2): [14.0] * 3, ("hogwild", 4): [13.9, 13.9, 20.5]}
    found = answered(cells)
    assert found.winner == ("hogwild", 2)
    assert found.headline == "On this machine (2 cores), hogwild with 2 workers trained images fastest:"
    assert "Level with it" not in found.evidence  # 20.5 s is not clearly faster than 21.0 s


def test_of_two_level_ways_the_one_with_fewer_workers_is_announced_and_the_other_named():
    cells = {("threads", 1): [21.0] * 3, ("hogwild", 2): [14.0, 13.9, 14.1], ("hogwild", 4): [13.95, 14.3, 13.9]}
    found = answered(cells, oversubscribed=False)
    assert found.winner == ("hogwild", 2)
    assert found.evidence.endswith(" Level with it: hogwild with 4 workers in 13.9 s.")  # 13.95, as floats have it


def test_of_two_level_ways_with_as_many_workers_the_one_with_the_smaller_median_is_announced():
    cells = {("threads", 1): [21.0] * 3, ("ddp", 2): [14.1, 14.1, 14.1], ("hogwild", 2): [14.0, 14.0, 14.5]}
    found = answered(cells)
    assert found.winner == ("hogwild", 2)
    assert "Level with it: ddp with 2 workers in 14.1 s." in found.evidence


def test_of_two_level_ways_one_that_is_not_oversubscribed_is_announced_even_with_more_workers():
    rows = {("threads", 1): [21.0] * 3, ("greedy", 2): [14.0] * 3, ("hogwild", 4): [14.0] * 3}
    found = answered(rows, overs={"greedy"})
    assert found.winner == ("hogwild", 4)
    assert "Level with it: greedy with 2 workers on 2 cores (oversubscribed) in 14.0 s." in found.evidence


def test_a_way_that_another_contender_is_clearly_faster_than_is_not_level_with_the_winner():
    cells = {("threads", 1): [21.0] * 3, ("hogwild", 2): [15.0] * 3, ("hogwild", 4): [14.0] * 3}
    found = answered(cells)
    assert found.winner == ("hogwild", 4)  # 14.0 s is 6.7 % less than 15.0 s
    assert "Level with it" not in found.evidence


def test_a_way_that_is_beaten_by_a_level_one_but_not_by_the_noisy_fastest_is_not_announced():
    cells = {("threads", 1): [21.0] * 3, ("hogwild", 2): [15.0] * 3}
    cells |= {("ddp", 3): [14.0] * 3, ("hogwild", 4): [13.9, 13.9, 19.0]}
    found = answered(cells, oversubscribed=False)
    assert found.winner == ("ddp", 3)  # 6.7 % less than hogwild with 2 workers in every seed
    assert "Level with it: hogwild with 4 workers in 13.9 s." in found.evidence


def test_a_level_way_that_learns_worse_is_no_contender():
    cells = {("threads", 1): [21.0] * 3, ("careless", 2): [14.0] * 3, ("hogwild", 4): [14.0] * 3}
    found = answered(cells, accuracies={"careless": 0.8})
    assert found.winner == ("hogwild", 4)
    assert "Passed over: careless with 2 workers took less time" in found.evidence
    assert "Level with it" not in found.evidence


def test_if_the_best_serial_is_fastest_the_answer_is_to_stay_serial():
    found = answered({("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 2): [30.0] * 3})
    assert found.winner is None
    assert found.headline == "On this machine (2 cores), no parallel way trained images faster: threads it is."
    assert found.evidence == (
        "The best serial run, threads, took 21.0 s for 4 passes over the data in the median of 3 seeds, "
        "at 83.9 % test accuracy."
    )


@pytest.mark.parametrize(("seconds", "stays"), [(22.0, False), (22.2, True)])
def test_to_stay_serial_the_best_serial_must_be_clearly_faster_than_every_parallel_way(seconds, stays):
    found = answered({("threads", 1): [21.0] * 3, ("hogwild", 2): [30.0] * 3, ("ddp", 2): [seconds] * 3})
    assert ("threads it is" in found.headline) == stays
    assert ("no parallel way is clearly faster" in found.headline) == (not stays)
    assert (f"The closest, ddp with 2 workers, took {seconds} s" in found.evidence) == (not stays)


def test_serial_methods_of_which_none_is_clearly_faster_are_called_level():
    found = answered(
        {("serial", 1): [21.0, 21.1, 20.9], ("threads", 1): [20.99, 21.1, 20.9], ("hogwild", 2): [30.0] * 3}
    )
    assert found.headline == (
        "On this machine (2 cores), no parallel way trained images faster: threads and serial are level."
    )
    assert found.evidence.endswith(" Level with it: serial in 21.0 s.")


def test_level_serial_methods_are_named_also_where_no_parallel_way_is_clearly_faster():
    found = answered({("serial", 1): [21.0] * 3, ("threads", 1): [20.9] * 3, ("hogwild", 2): [20.5] * 3})
    assert "no parallel way is clearly faster" in found.headline
    assert "(threads, 20.9 s). Level with it: serial in 21.0 s." in found.evidence


@pytest.mark.parametrize("parallel", [{}, {("hogwild", 1): [14.0] * 3}])
def test_a_study_without_a_parallel_method_of_two_workers_says_so_and_answers_serial_against_threads(parallel):
    found = answered({("serial", 1): SERIAL, ("threads", 1): THREADS} | parallel)
    assert found.headline == (
        "On this machine (2 cores), the study has no run of images by a parallel method with 2 workers or more: "
        "threads it is."
    )
    level = answered({("serial", 1): [21.0] * 3, ("threads", 1): [20.9] * 3} | parallel)
    assert level.headline.endswith("2 workers or more: threads and serial are level.")


def test_a_faster_way_that_learns_worse_is_passed_over_for_the_next_and_named():
    cells = {("threads", 1): THREADS, ("careless", 2): [10.0] * 3, ("hogwild", 2): [14.0] * 3}
    found = answered(cells, accuracies={"careless": 0.83})
    assert found.winner == ("hogwild", 2)
    assert "Passed over: careless with 2 workers" in found.evidence


def test_exactly_one_percentage_point_below_is_still_equal_accuracy():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0] * 3}
    assert answered(cells, accuracies={"hogwild": 0.832}).winner == ("hogwild", 2)
    assert answered(cells, accuracies={"hogwild": 0.8319}).winner is None


def test_if_every_faster_way_learns_worse_the_answer_says_at_equal_accuracy():
    found = answered({("threads", 1): THREADS, ("careless", 2): [10.0] * 3}, accuracies={"careless": 0.7})
    assert found.winner is None
    assert "no parallel way trained images faster at equal accuracy: threads it is" in found.headline
    assert "Passed over: careless with 2 workers" in found.evidence


def test_a_way_passed_over_is_not_forgotten_where_another_is_not_clearly_faster():
    cells = {("threads", 1): [21.0] * 3, ("careless", 2): [10.0] * 3, ("hogwild", 2): [20.5] * 3}
    found = answered(cells, accuracies={"careless": 0.7})
    assert found.headline.endswith(
        "no parallel way is clearly faster than the best serial run on images at equal accuracy."
    )
    assert "The closest, hogwild with 2 workers, took 20.5 s" in found.evidence


def test_a_way_that_failed_in_a_seed_is_no_candidate_and_is_counted_as_left_out():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0, None, 14.0], ("ddp", 2): [18.0] * 3}
    found = answered(cells)
    assert found.winner == ("ddp", 2)
    assert "Left out, as not ok in every seed: 1 configuration." in found.evidence


def test_a_way_that_has_not_finished_all_planned_seeds_is_no_candidate():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [14.0, 14.0]})
    assert found.winner is None
    assert "no parallel way of training images is ok in every seed: threads it is" in found.headline
    assert "The best serial run, threads, took 21.0 s" in found.evidence


def test_a_way_that_is_rate_only_is_neither_a_candidate_nor_left_out():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0] * 3, ("ps", 2): [1.0] * 3, ("ps", 4): [1.0, None, 1.0]}
    found = answered(cells, rate_only={"ps"})
    assert sentence(found) == sentence(answered({key: cells[key] for key in list(cells)[:2]}))
    assert found.winner == ("hogwild", 2)


def test_a_serial_method_that_is_rate_only_is_no_baseline():
    cells = {("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 2): [14.0] * 3}
    assert "the best serial run (serial, 24.0 s)" in answered(cells, rate_only={"threads"}).evidence
    found = answered(cells, rate_only={"serial", "threads"})
    assert sentence(found).startswith("No serial run of images has finished yet")


def test_a_study_in_which_the_only_parallel_way_is_rate_only_stays_serial():
    found = answered({("threads", 1): THREADS, ("ps", 2): [1.0] * 3}, rate_only={"ps"})
    assert found.headline.endswith("2 workers or more: threads it is.")


def test_rates_alone_give_no_answer():
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): [14.0] * 3}, rate_only={"serial", "hogwild"})
    assert sentence(found) == "Only rates of images have been measured so far, so there is no answer yet."


@pytest.mark.parametrize("status", ["killed", "unavailable"])
def test_a_run_that_was_killed_or_is_unavailable_is_not_ok(status):
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): [14.0] * 3}, status=status)
    assert sentence(found).startswith("Every run of images that has finished failed")


def test_one_seed_says_that_it_shows_no_spread():
    found = answered({("threads", 1): [21.0], ("hogwild", 2): [14.0]}, seeds=[1])
    assert found.winner == ("hogwild", 2)
    assert "in the only seed" in found.evidence
    assert "One seed shows no spread" in found.evidence
    assert "in each" not in found.evidence


def test_no_runs_yet_is_said():
    assert sentence(answered({})) == "No run of images has finished yet, so there is no answer yet."


def test_runs_that_all_failed_give_no_answer():
    found = answered({("serial", 1): [None] * 3, ("hogwild", 2): [None] * 3})
    assert sentence(found).startswith("Every run of images that has finished failed")


def test_serial_that_failed_everywhere_leaves_nothing_to_compare_with():
    found = answered({("serial", 1): [None] * 3, ("hogwild", 2): [14.0] * 3})
    assert sentence(found).startswith("Every serial run of images that has finished failed")
    assert found.winner is None


def test_serial_that_has_not_run_yet_is_told_from_serial_that_failed():
    assert answered({("hogwild", 2): [14.0] * 3}).headline.startswith("No serial run of images has finished yet")


def test_a_baseline_that_lacks_a_seed_carries_no_answer():
    found = answered({("serial", 1): SERIAL, ("threads", 1): [21.0, None, 20.5], ("hogwild", 2): [14.0] * 3})
    assert found.winner is None
    assert "threads, its best serial method, is ok in only 2 of 3 seeds" in sentence(found)


def test_the_number_of_cores_is_left_out_where_no_run_knows_it():
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): [14.0] * 3}, cores=pd.NA)
    assert found.headline.startswith("On this machine, hogwild")


def test_other_workloads_do_not_enter():
    runs = as_table([], RUNS_COLUMNS)
    other = as_table([{"workload": "texts", "method": "serial", "strategy": "serial", "status": "ok"}], RUNS_COLUMNS)
    comparison = compare_methods(runs, as_table([], CEILINGS_COLUMNS))
    assert answer("images", other, comparison, SEEDS).headline.startswith("No run of images")


@pytest.mark.parametrize(("things", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_things_are_listed_as_a_sentence_has_them(things, words):
    assert listed(things) == words


@pytest.mark.parametrize(
    ("value", "words"), [(14.04, "14.0"), (0.15249, "0.152"), (1320.4, "1,320"), (132.4, "132"), (0.0, "0.00")]
)
def test_figures_have_three_digits_and_all_of_their_whole_ones(value, words):
    assert digits(value) == words


def test_accuracy_is_compared_seed_by_seed():
    """The medians differ by 2 points, the median of the differences is 1: each seed is as hard for both ways."""
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0] * 3}
    accuracies = {"threads": [0.80, 0.84, 0.83], "hogwild": [0.81, 0.83, 0.81]}
    assert answered(cells, accuracies=accuracies).winner == ("hogwild", 2)
    accuracies["hogwild"] = [0.78, 0.82, 0.83]
    assert answered(cells, accuracies=accuracies).winner is None


@pytest.mark.parametrize(
    ("rises", "error", "is_equal"),
    [(False, 0.504, True), (False, 0.506, False), (False, 0.2, True), (True, 0.496, True), (True, 0.494, False)],
)
def test_another_metric_may_be_one_percent_worse_in_its_own_direction(rises, error, is_equal):
    cells = {("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 2): [12.0, 12.5, 11.5]}
    values = {"serial": 0.5, "threads": 0.5, "hogwild": error}
    metric = {"metric": "mean_squared_error", "higher_is_better": rises}
    found = answered(cells, accuracies=values, **metric)
    assert (found.winner == ("hogwild", 2)) == is_equal
    if is_equal:
        assert f"at {error - 0.003:.3f} test mean squared error against 0.497." in found.evidence
    else:
        assert "at equal mean squared error" in found.headline
        assert "but ended more than 1 % behind threads in validation mean squared error." in found.evidence
