"""The first line of the page announces what the declared comparisons carry, and abstains where they carry nothing."""

import json

import pandas as pd
import pytest

from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables.comparison import compare_methods
from casual_training.analysis.tables.runs import COLUMNS as RUNS_COLUMNS
from casual_training.analysis.verdict.answer import answer
from casual_training.analysis.verdict.judge import add_verdicts
from casual_training.plan.comparisons import Comparisons

SEEDS = [1, 2, 3, 4, 5]
SERIAL, THREADS = [24.0, 24.5, 23.5, 24.2, 23.8], [21.0, 21.5, 20.5, 21.2, 20.8]
HOGWILD = [14.0, 14.1, 13.9, 14.2, 13.8]
DECLARED = [("hogwild", 2), ("ddp", 2)]
MISSED, DIVERGED = "missed", "diverged"  # instead of seconds; the first is ok and never on target
ALONE = ("serial", "threads", "copy")


def answered(
    cells,
    declared=DECLARED,
    seeds=SEEDS,
    lines=None,
    overs=(),
    throughput_only=(),
    startup=None,
    serial=None,
    untrained=(),
    in_blocks=True,
    **changes,
):
    """Answer from {(method, workers): seconds to the target of each seed, None where it failed, MISSED, DIVERGED}.

    Planned baselines are `serial`, by itself the serial methods among the cells that are not declared.
    """
    if serial is None:
        serial = [method for method, _ in cells if method in ALONE and (method, 1) not in declared]
    compares_serial = any(method in ALONE for method, _ in declared)
    comparisons = Comparisons(declared, list(untrained), serial, compares_serial=compares_serial)
    rows, startup = [], startup or {}
    for (method, workers), of_seeds in cells.items():
        for seed, seconds in zip(seeds, of_seeds, strict=False):
            on_target, status = seconds not in (None, MISSED, DIVERGED), {None: "failed", DIVERGED: DIVERGED}
            strategy = "serial" if method in ALONE else method
            row = {"workload": "images", "method": method, "strategy": strategy, "seed": seed}
            row |= {"workers": workers, "epochs": 4 / workers, "cores": 2, "oversubscribed": method in overs}
            row |= {"throughput_only": method in throughput_only, "status": status.get(seconds, "ok"), "target": 0.8}
            row |= {"train_seconds": 30.0, "samples_per_second": 4000.0, "startup_seconds": 4.0, "metric": "accuracy"}
            if on_target and method not in throughput_only:
                row |= {"seconds_to_target": seconds, "samples_to_target": 1000}
            row |= {"startup_seconds": startup[method]} if method in startup else {}
            row |= {"order": seed if in_blocks else len(rows), "started_at": "2026-11-23T09:00:00+00:00"}
            rows.append(row | changes)
    runs = as_table(rows, RUNS_COLUMNS)
    comparison = compare_methods(runs, as_table([], independent_copies.COLUMNS))
    comparison["lines_changed"] = comparison["method"].map(lines or {}).astype("Int64")
    comparison = add_verdicts(comparison, runs, seeds, {"images": comparisons})
    return answer("images", runs, comparison, seeds, comparisons)


def test_a_faster_method_is_announced_with_its_lower_bound_and_code():
    found = answered({("serial", 1): SERIAL, ("threads", 1): THREADS, ("hogwild", 2): HOGWILD}, lines={"hogwild": 17})
    assert found.winner == ("hogwild", 2)
    assert found.baseline == "threads"
    assert found.headline == (
        "On this machine (2 cores), for images, use hogwild with 2 workers: at least 1.47 times as fast to "
        "80 % validation accuracy as the best serial run (95 %), 17 lines of code."
    )
    assert found.low < found.contrasts[0]["speedup"] == pytest.approx(1.5, rel=1e-3)
    assert found.evidence.startswith(
        "It took 14.0 s instead of 21.0 s (threads; medians of 5 seeds): 1.50 times as fast"
    )
    assert "95 %, all 2 declared comparisons together" in found.evidence
    assert "From the start of the process it is 1.39 times as fast." in found.evidence  # 25 / 18


def test_more_specified_comparisons_lower_the_bound_that_is_announced():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [14.0, 15.0, 13.0, 14.5, 13.5]}
    alone = answered(cells, declared=[("hogwild", 2)])
    among_six = answered(cells, declared=[("hogwild", 2), *((f"other_{number}", 2) for number in range(5))])
    assert among_six.low < alone.low


def test_what_is_not_specified_is_never_announced():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): THREADS, ("local_sgd", 2): [7.0] * 5})
    assert found.winner is None
    assert "local_sgd" not in found.sentence


def test_without_a_clear_method_the_sentence_says_what_would_settle_it():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [19.0, 22.5, 17.0, 21.5, 18.0], ("ddp", 2): [20.9] * 5}
    found = answered(cells)
    assert found.winner is None
    assert found.headline == (
        "On this machine (2 cores), for images, no method is clearly better than the best serial run (threads) at "
        "reaching 80 % validation accuracy."
    )
    undecided = "hogwild with 2 workers (0.92 to 1.27 times as fast, 95 %; 76 more seeds like these would settle it)"
    assert f"Undecided: {undecided}." in found.evidence


def test_an_interval_that_holds_part_of_the_margin_is_undecided():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [19.0, 20.5, 18.0, 20.2, 18.5]}
    found = answered(cells, [("hogwild", 2)])
    (contrast,) = found.contrasts
    assert contrast["verdict"] == "no detectable difference" and 1 < contrast["low"] < 1.05
    assert "Undecided: hogwild with 2 workers (1.04 to 1.15 times as fast, 95 %; 2 more seeds" in found.evidence
    assert "difference" not in found.sentence


def test_where_a_hundred_seeds_would_not_do_the_sentence_says_so():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [9.0, 46.0, 12.0, 35.0, 20.0]}
    found = answered(cells, [("hogwild", 2)])
    assert "; more than 100 further seeds like these would settle it)" in found.evidence


def test_equivalent_and_slower_methods_are_named_with_their_bounds():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [21.1, 21.4, 20.6, 21.3, 20.7], ("ddp", 2): [30.0] * 5}
    found = answered(cells)
    assert "No difference beyond 5 %: hogwild with 2 workers (0.99 to 1.01, by two one-sided tests)" in found.evidence
    assert "Slower: ddp with 2 workers (at most 0.7" in found.evidence
    assert [contrast["verdict"] for contrast in found.contrasts] == ["equivalent", "slower"]


def test_where_everything_specified_is_slower_serial_training_it_is():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [30.0] * 5, ("ddp", 2): [31.0] * 5})
    assert found.headline == (
        "On this machine (2 cores), stay with serial training (threads) for images: nothing declared is faster to "
        "80 % validation accuracy."
    )


def test_the_interval_quoted_for_no_difference_is_the_one_that_decided():
    cells = {("threads", 1): THREADS, ("hogwild", 2): [21.3, 21.4, 20.1, 20.4, 19.8]}
    found = answered(cells, [("hogwild", 2)])
    (contrast,) = found.contrasts
    assert contrast["verdict"] == "equivalent"
    assert contrast["low"] < contrast["tost_low"] and contrast["tost_high"] < 1.05 < contrast["high"]
    assert "No difference beyond 5 %: hogwild with 2 workers (0.99 to 1.05, by two one-sided tests)" in found.evidence


def test_a_specified_comparison_without_a_run_is_not_measured():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [30.0] * 5})
    assert [entry["verdict"] for entry in found.contrasts] == ["slower", "not measured"]
    assert "nothing declared is faster" not in found.headline
    assert found.evidence.endswith("Not measured yet: ddp with 2 workers.")


def test_a_method_that_misses_the_target_in_a_seed_fails_it():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [5.0, 5.0, MISSED, 5.0, 5.0], ("ddp", 2): THREADS})
    assert found.winner is None
    assert "Fails the target: hogwild with 2 workers (on it in 4 of 5 seeds)." in found.evidence
    assert found.contrasts[0]["low"] is None


def test_a_method_that_diverged_has_missed_the_target():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [5.0, 5.0, DIVERGED, 5.0, 5.0], ("ddp", 2): THREADS})
    assert "Fails the target: hogwild with 2 workers (on it in 4 of 5 seeds)." in found.evidence


def test_a_seed_that_failed_does_not_hide_that_another_missed_the_target():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [5.0, None, MISSED, 5.0, 5.0], ("ddp", 2): THREADS})
    assert "Fails the target: hogwild with 2 workers (on it in 3 of 5 seeds)." in found.evidence


def test_a_method_of_which_a_run_failed_has_no_verdict():
    found = answered({("threads", 1): THREADS, ("hogwild", 2): [5.0, 5.0, None, 5.0, 5.0], ("ddp", 2): THREADS})
    assert "Not ok in every seed: hogwild with 2 workers (ok in 4 of 5)." in found.evidence


def test_of_level_faster_methods_the_one_with_least_code_is_announced():
    cells = {("threads", 1): THREADS, ("hogwild", 2): HOGWILD, ("ddp", 2): [13.9, 14.0, 13.9, 14.1, 13.7]}
    found = answered(cells, lines={"hogwild": 17, "ddp": 30})
    assert found.winner == ("hogwild", 2)
    assert "Also faster: ddp with 2 workers (at least 1.4" in found.evidence
    assert answered(cells, lines={"hogwild": 31, "ddp": 30}).winner == ("ddp", 2)


def test_a_method_that_another_clearly_beats_is_not_announced():
    cells = {("threads", 1): THREADS, ("hogwild", 2): HOGWILD, ("ddp", 2): [10.0, 10.1, 9.9, 10.2, 9.8]}
    assert answered(cells, lines={"hogwild": 1, "ddp": 30}).winner == ("ddp", 2)


def test_of_equal_code_what_is_not_oversubscribed_is_announced():
    cells = {("threads", 1): THREADS, ("greedy", 4): HOGWILD, ("hogwild", 4): HOGWILD}
    declared = [("greedy", 4), ("hogwild", 4)]
    assert answered(cells, declared, overs=("greedy",)).winner == ("hogwild", 4)
    alone = answered({("threads", 1): THREADS, ("greedy", 4): HOGWILD}, [("greedy", 4)], overs=("greedy",))
    assert alone.winner == ("greedy", 4)  # a mark, not a disqualification
    assert "use greedy with 4 workers (oversubscribed): at least" in alone.headline


def test_a_specified_copy_of_serial_training_is_compared_with_serial_training():
    found = answered({("serial", 1): SERIAL, ("copy", 1): SERIAL}, [("copy", 1)])
    assert (found.winner, found.baseline) == (None, "serial")
    assert found.contrasts[0]["verdict"] == "equivalent"


def test_where_a_serial_method_is_compared_no_baseline_is_called_best():
    for copy, words in [
        (HOGWILD, "use copy with 1 worker: at least 1.69 times as fast to 80 % validation accuracy as serial (95 %)."),
        (SERIAL, "no method is clearly better than serial at reaching 80 % validation accuracy."),
        ([40.0] * 5, "stay with serial for images: nothing declared is faster to 80 % validation accuracy."),
    ]:
        found = answered({("serial", 1): SERIAL, ("copy", 1): copy}, [("copy", 1)])
        assert found.headline.endswith(words)
        assert "best" not in found.sentence


def test_a_serial_method_that_misses_the_target_is_no_baseline():
    for miss in (MISSED, DIVERGED):
        found = answered({("serial", 1): SERIAL, ("threads", 1): [*THREADS[:4], miss], ("hogwild", 2): HOGWILD})
        assert (found.baseline, found.winner) == ("serial", ("hogwild", 2))
        assert "threads is no baseline: it misses the target in 1 of 5 seeds." in found.evidence


def test_what_is_specified_and_not_trained_is_named_below_the_sentence():
    cells = {("threads", 1): THREADS, ("hogwild", 2): HOGWILD}
    found = answered(cells, [("hogwild", 2)], untrained=[("hogwild", 4), ("ddp", 2)])
    assert found.evidence.endswith(
        "Declared in study.comparisons, but not among the runs of this workload: hogwild with 4 workers and ddp with 2 "
        "workers."
    )


def test_a_method_made_later_than_its_serial_runs_is_named_below():
    cells = {("threads", 1): THREADS, ("hogwild", 2): HOGWILD}
    assert "block" not in answered(cells, [("hogwild", 2)]).evidence
    later = answered(cells, [("hogwild", 2)], in_blocks=False)  # one method after the other
    assert later.evidence.endswith(
        "Not made in one block with the serial run of the seed, so the machine may have changed: hogwild with 2 "
        "workers in seeds 1, 2, 3, 4 and 5."
    )


def test_a_longer_start_up_is_said_to_pay_off_later():
    # Medians 14 and 21 s, 1.5 times as fast; 2 s more of start-up are paid for by 2 / (1 - 1 / 1.5) = 6 s.
    cells = {("threads", 1): [21.0, 22.0, 20.0], ("hogwild", 2): [14.0, 14.4, 13.6]}
    longer = answered(cells, [("hogwild", 2)], seeds=[1, 2, 3], startup={"hogwild": 6.0})
    assert longer.contrasts[0]["break_even_seconds"] == pytest.approx(6.0, rel=0.01)
    assert "it is 1.25 times as fast, and it pays off above 6.01 s of serial training." in longer.evidence
    alike = answered(cells, [("hogwild", 2)], seeds=[1, 2, 3])
    assert "pays off" not in alike.evidence


def test_bounds_that_say_nothing_are_not_quoted():
    found = answered({("threads", 1): [20.0, 21.0], ("hogwild", 2): [12.0, 19.0]}, [("hogwild", 2)], seeds=[1, 2])
    assert "hogwild with 2 workers (2 seeds tell next to nothing" in found.evidence
    assert found.contrasts[0]["high"] > 10
    assert f"{found.contrasts[0]['high']:.0f}." not in found.evidence


def test_one_seed_decides_nothing():
    found = answered({("threads", 1): [21.0], ("hogwild", 2): [10.0]}, seeds=[1])
    assert found.winner is None
    assert "Undecided: hogwild with 2 workers (2.10 times as fast in the only seed)." in found.evidence
    assert "One seed decides nothing: repeat it with more." in found.evidence


@pytest.mark.parametrize(
    ("cells", "words"),
    [  # in which serial and threads are planned
        ({}, "No run of images has finished yet"),
        ({("serial", 1): [None] * 5, ("hogwild", 2): [None] * 5}, "Every run of images that has finished failed"),
        ({("hogwild", 2): HOGWILD}, "No serial run of images has finished yet"),
        ({("serial", 1): [None] * 5, ("hogwild", 2): HOGWILD}, "Every serial run of images that has finished failed"),
        (
            {("serial", 1): SERIAL, ("threads", 1): [21.0, None, 20.5], ("hogwild", 2): HOGWILD},
            "Nothing is judged for images until it is known which serial method is best: threads is not ok in seed 2 "
            "and has no run of seeds 4 and 5 yet.",
        ),
        (
            {("serial", 1): [*SERIAL[:4], None], ("hogwild", 2): HOGWILD},
            "Nothing is judged for images until it is known which serial method is best: serial is not ok in seed 5; "
            "threads has no run of seeds 1, 2, 3, 4 and 5 yet.",
        ),
        (
            {("serial", 1): [*SERIAL[:4], MISSED], ("threads", 1): [MISSED] * 5, ("hogwild", 2): HOGWILD},
            "no serial method reached 80 % validation accuracy in more than 4 of 5 seeds",
        ),
        (
            {("serial", 1): [MISSED] * 5, ("threads", 1): [MISSED] * 5, ("hogwild", 2): HOGWILD},
            "serial training never reached 80 % validation accuracy, so there is nothing to compare with",
        ),
        (
            {("serial", 1): SERIAL, ("threads", 1): THREADS},
            "No run of a declared comparison for images has finished yet",
        ),
    ],
)
def test_the_sentence_says_why_there_is_no_answer(cells, words):
    found = answered(cells, serial=["serial", "threads"])
    assert words in found.headline
    assert (found.winner, found.baseline, found.evidence) == (None, None, "")
    measured = {method for method, _ in cells}
    assert [(entry["method"], entry["verdict"]) for entry in found.contrasts] == [
        (method, None if method in measured else "not measured") for method in ("hogwild", "ddp")
    ]


def test_seeds_that_a_serial_method_lacks_are_counted_where_many():
    seeds = list(range(1, 21))
    found = answered({("serial", 1): [20.0] * 14, ("hogwild", 2): [10.0] * 20}, seeds=seeds)
    assert found.headline.endswith("which serial method is best: serial has no run of 6 seeds yet.")


def test_without_a_serial_method_beside_comparisons_there_is_no_answer():
    declared = [("serial", 1), ("threads", 1)]
    both = answered({("serial", 1): SERIAL, ("threads", 1): THREADS}, declared)
    assert both.headline == (
        "There is no answer for images: study.comparisons declares every serial method of images as a comparison, so "
        "there is nothing to compare with."
    )
    none = answered({("hogwild", 2): HOGWILD})
    assert "the study plans no serial training of images, so there is nothing to compare with" in none.headline


def test_comparisons_that_are_not_trained_are_named_as_such():
    found = answered({("serial", 1): SERIAL}, [], untrained=[("hogwild", 4)])
    assert found.headline == (
        "Nothing is decided for images: the study declares hogwild with 4 workers, but does not train it so "
        "(study.comparisons)."
    )


def test_what_this_machine_cannot_run_is_not_said_to_have_failed():
    found = answered({("device_regular", 1): [None] * 5}, [], status="unavailable")
    assert "No run of images can be made on this machine" in found.headline


def test_rates_alone_are_no_answer():
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): HOGWILD}, throughput_only=("serial", "hogwild"))
    assert "Only rates of images have been measured so far" in found.headline


def test_a_study_that_specifies_nothing_decides_nothing():
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): HOGWILD}, declared=[])
    assert "declares no comparison for images (study.comparisons)" in found.headline


def test_an_answer_is_plain_json():
    found = answered({("serial", 1): SERIAL, ("hogwild", 2): HOGWILD, ("ddp", 2): [MISSED] * 5})
    plain = json.loads(json.dumps(found.as_plain(), allow_nan=False))
    assert plain["winner"] == {"method": "hogwild", "workers": 2}
    assert plain["sentence"] == found.sentence
    assert [entry["verdict"] for entry in plain["contrasts"]] == ["faster", "fails target"]


def test_only_specified_configurations_have_bounds_and_verdicts():
    rows = [("serial", 1, SERIAL), ("hogwild", 2, HOGWILD), ("hogwild", 4, HOGWILD)]
    runs = as_table(
        [
            {"workload": "images", "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
            | {
                "seed": seed,
                "status": "ok",
                "throughput_only": False,
                "seconds_to_target": value,
                "samples_to_target": 10,
            }
            | {"train_seconds": 30.0, "samples_per_second": 4000.0}
            for method, workers, values in rows
            for seed, value in zip(SEEDS, values, strict=True)
        ],
        RUNS_COLUMNS,
    )
    comparison = compare_methods(runs, as_table([], independent_copies.COLUMNS))
    comparisons = Comparisons([("hogwild", 2)], serial=["serial"])
    judged = add_verdicts(comparison, runs, SEEDS, {"images": comparisons}).set_index(["method", "workers"])
    assert judged.loc[("hogwild", 2), "verdict"] == "faster"
    assert judged.loc[("hogwild", 4), "verdict"] == ""
    assert pd.isna(judged.loc[("hogwild", 4), "speedup_low"])
    assert judged.loc[("hogwild", 4), "speedup_to_target"] > 1.6
