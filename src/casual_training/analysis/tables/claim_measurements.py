"""Which configurations of a study are held against each other to judge a claim of the original, and by which figure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from casual_training.analysis.choose_runs import best_serial, whole
from casual_training.analysis.tables.claim_verdicts import (
    Judge,
    effect,
    is_about,
    is_above,
    is_below,
    is_not_below,
    is_slowed,
    is_within_a_point,
)
from casual_training.analysis.tables.claims_of_the_original import SERVER_SECONDS

Choose = Callable[[pd.DataFrame], pd.DataFrame]  # from the runs of a workload to those of one configuration


@dataclass(frozen=True)
class Measurement:
    """How a claim is measured: `first` against `second`, the figure being first / second of a column.

    Where the column is an accuracy, the figure is the difference in percentage points.
    """

    first: Choose
    second: Choose
    column: str
    unit: str
    judge: Judge


def measurements(claim_id: str, runs: pd.DataFrame) -> Iterator[Measurement]:
    """Yield how a claim is measured: once, or once a split that the study has."""
    rate, time = "samples_per_second", "train_seconds"
    original = [int(number) for number in sorted(runs.loc[runs["method"] == "hogwild_original", "workers"].unique())]
    match claim_id:
        case "1a" | "4.3":
            yield Measurement(_of("device_switching"), _of("device_regular"), time, "times as long", is_above)
        case "2a":
            reported = SERVER_SECONDS[1] / SERVER_SECONDS[4]
            yield Measurement(_of("ps_original", 1), _of("ps_original", 4), time, "times as long", is_about(reported))
        case "2a-timed":
            arms = _of("ps_tutorial_whole", 1), _of("ps_tutorial_whole", 4)
            yield Measurement(*arms, time, "times as long", is_about(1))
        case "2b":
            yield Measurement(
                _fastest("ps_tutorial_whole", "ps_tutorial"), _best_serial, rate, "times as fast", is_below
            )
        case "3a" | "4.1":
            yield Measurement(_fastest("hogwild"), _best_serial, rate, "times as fast", is_above)
        case "3b":
            one = _of("hogwild_original", 1)
            for workers in [number for number in original if number > 1] or [2]:
                yield Measurement(_of("hogwild_original", workers), one, rate, "times as fast", is_above)
        case "3c":
            own = runs.loc[(runs["method"] == "hogwild") & (runs["workers"] > 1), "workers"].unique()
            for workers in sorted(map(int, own)) or [2]:
                arms = _of("hogwild", workers), _best_serial
                yield Measurement(*arms, "validation_metric", "percentage points", is_within_a_point)
        case "4.2":
            yield Measurement(_fastest("hogwild"), _of("device_regular"), rate, "times as fast", is_not_below)
        case "4.4":
            locked = runs.loc[(runs["method"] == "hogwild_locked") & (runs["workers"] > 1), "workers"].unique()
            for workers in sorted(map(int, locked)) or [2]:
                arms = _of("hogwild_locked", workers), _of("hogwild", workers)
                yield Measurement(*arms, rate, "times as fast", is_slowed)
        case _:  # what made it slow
            for workers in original or [1]:
                yield Measurement(*_arms_of_a_cause(claim_id, workers), rate, "times as fast", effect)


def _arms_of_a_cause(claim_id: str, workers: int) -> tuple[Choose, Choose]:
    """Return what is held against what in one row of "What made its Hogwild! slow"."""
    as_it_ran = _of("hogwild_original", workers)
    match claim_id:
        case "3b-asrun":
            return as_it_ran, _best_serial
        case "3b-startup":
            return as_it_ran, _with_startup(workers)
        case "3b-fixed":
            return _of("hogwild", workers), as_it_ran
        case "3b-method":
            return _beside("hogwild_original", _of("hogwild", workers)), _best_serial
        case _:  # one thing changed
            return _of(claim_id.replace("3b-", "hogwild_original_"), workers), as_it_ran


def _of(method: str, workers: int | None = None) -> Choose:
    """Choose a method, in one split or in the only one it has."""

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        own = runs[runs["method"] == method]
        return own if workers is None else own[own["workers"] == workers]

    return choose


def _beside(method: str, choose: Choose) -> Choose:
    """Choose only on a workload that `method` was run on, too."""
    return lambda runs: choose(runs) if method in set(runs["method"]) else runs.iloc[:0]


def _with_startup(workers: int) -> Choose:
    """Choose the original's Hogwild! as if its start-up were inside the clock of all its passes.

    Its runs are cut short, and a start-up weighs more in a short run. So it is added to the time that all passes would
    take at the run's rate; how many samples these are, the whole runs of the workload say, because all work is equal.
    """

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        own = _of("hogwild_original", workers)(runs)
        speed, all_samples = own["samples_per_second"], whole(runs)["samples"].astype(float).max()
        startup = own["wall_seconds"] - own["samples"].astype(float) / speed
        speed = all_samples / (all_samples / speed + startup)
        return own.assign(method="hogwild_original with its start-up", samples_per_second=speed)

    return choose


def _fastest(*methods: str) -> Choose:
    """Choose the parallel configuration of these methods that is ok in most seeds and, of those, the fastest."""

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        parallel = runs[runs["method"].isin(methods) & (runs["workers"] > 1)]
        speeds = parallel.assign(speed=parallel["samples_per_second"].where(parallel["status"] == "ok"))
        cells = speeds.groupby(["method", "workers"], sort=False)["speed"].agg(["count", "median"]).fillna(0)
        if cells.empty:
            return parallel
        method, workers = max(cells.index, key=lambda cell: tuple(cells.loc[cell]))
        return parallel[(parallel["method"] == method) & (parallel["workers"] == workers)]

    return choose


def _best_serial(runs: pd.DataFrame) -> pd.DataFrame:
    """Choose the best serial method; while none is ok, the first."""
    serial = runs[runs["strategy"] == "serial"]
    method = best_serial(runs) or serial["method"].min()
    return serial[serial["method"] == method] if len(serial) else serial
