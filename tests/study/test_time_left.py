"""The time left of a study follows from the runs that were timed; worked out by hand here."""

import pytest

from casual_training.study.time_left import Pace, Progress, duration
from training import make_run

SERIAL = make_run(passes=4)
HOGWILD = make_run(method="hogwild", strategy="hogwild", workers=2, passes=4)
CUT_SHORT = make_run(method="cut", strategy="hogwild", workers=2, passes=4, train_samples=1000, max_steps=10)


def seeds(run, *numbers):
    return [make_run(**vars(run) | {"seed": seed}) for seed in numbers]


def test_a_run_takes_the_median_of_its_own_configuration():
    one, two, three, four = seeds(SERIAL, 1, 2, 3, 4)
    pace = Pace([(one, 10), (two, 12), (three, 50), (HOGWILD, 1)])
    assert pace.seconds(four) == 12


def test_an_untimed_configuration_takes_the_median_of_its_strategy():
    elsewhere = make_run(**vars(HOGWILD) | {"workload": "other"})
    pace = Pace([(SERIAL, 100), (HOGWILD, 6), (elsewhere, 9)])
    assert pace.seconds(make_run(**vars(HOGWILD) | {"workers": 4})) == 6


def test_an_untimed_strategy_takes_the_pace_of_the_others():
    timed = make_run(train_samples=600, passes=4)  # 2,400 samples in 12 s
    another = make_run(method="hogwild", strategy="hogwild", train_samples=1200, passes=4)
    assert Pace([(timed, 12)]).seconds(another) == 24


def test_no_run_is_expected_to_take_less_than_the_shortest():
    timed = make_run(train_samples=600, passes=4)
    assert Pace([(timed, 12)]).seconds(CUT_SHORT) == 12  # and not 10 steps of 32 samples, 1.6 s


def test_a_run_on_user_data_takes_the_median_of_all():
    own = make_run(strategy="hogwild", workload="own", dataset="file.py:load", train_samples=None)
    assert Pace([(SERIAL, 10), (HOGWILD, 30)]).seconds(own) == 20


def test_a_diagnosis_does_not_count_as_a_whole_run():
    diagnosis = make_run(**vars(SERIAL) | {"max_steps": 20, "diagnose": True})
    assert Pace([(SERIAL, 100), (diagnosis, 5)]).seconds(diagnosis) == 5


def test_time_left_is_the_rest_of_this_run_and_all_waiting():
    first, second, third = seeds(SERIAL, 1, 2, 3)
    progress = Progress([first, second, third], {second.folder, third.folder}, [(first, 60)])
    assert progress.seconds_left(1000) == 120
    progress.begin(7, "train", second.folder, 1000)
    assert progress.seconds_left(1020) == 40 + 60
    assert progress.seconds_left(1090) == 0 + 60  # it takes longer than expected
    progress.end(7, 1100)  # it took 100 s, so the median is 80 s
    assert progress.seconds_left(1100) == 80


def test_before_any_run_was_timed_no_time_is_said():
    progress = Progress([SERIAL, HOGWILD], {SERIAL.folder, HOGWILD.folder}, [])
    assert progress.seconds_left(0) is None
    progress.begin(1, "train", SERIAL.folder, 0)
    assert progress.line("starting", 1) == "0 of 2 runs · method 1x4, seed 1: starting"


def test_the_line_says_runs_done_time_left_and_what_runs():
    first, second, third = seeds(SERIAL, 1, 2, 3)
    progress = Progress([first, second, third], {second.folder, third.folder}, [(first, 210)])
    progress.begin(1, "train", second.folder, 0)
    line = progress.line("epoch 0.60 of 4, loss 0.41, 9,504 samples/s", 0)
    assert line == ("1 of 3 runs · about 7 min left · method 1x4, seed 2: epoch 0.60 of 4, loss 0.41, 9,504 samples/s")


def test_a_failed_run_is_done_and_a_failed_job_is_not():
    progress = Progress([SERIAL, HOGWILD], {SERIAL.folder, HOGWILD.folder}, [])
    progress.begin(1, "train", SERIAL.folder, 0)
    progress.end(1, 600)  # a timeout, which its other seeds may be, too
    progress.begin(2, "train", HOGWILD.folder, 605)
    progress.forget(2)
    assert progress.line("", 610) == "1 of 2 runs · about 10 min left"


def test_jobs_that_are_no_runs_are_named():
    progress = Progress([SERIAL], {SERIAL.folder}, [])
    progress.begin(1, "train", SERIAL.folder, 0)
    progress.end(1, 5)
    for job, rule in enumerate(("plot_losses", "model_costs")):
        progress.begin(job, rule, "results/test/logs", 5)
    assert progress.line("", 6) == "1 of 1 runs · plot losses, model costs"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (29, "under a minute"),
        (61, "about 1 min"),
        (3599, "about 1 h 0 min"),
        (7500, "about 2 h 5 min"),
    ],
)
def test_time_is_said_as_roughly_as_it_is_known(seconds, said):
    assert duration(seconds) == said
