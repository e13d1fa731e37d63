"""How far a study is: how many of its runs are done, what runs now, and the time left from the runs that were timed.

Pure: reads no clock and prints nothing. live_line.py shows it.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from casual_training.config import references
from casual_training.plan.run import Run
from casual_training.workload import datasets


class Pace:
    """How long a run takes, by the runs that were timed.

    Args:
        timed: runs, and the seconds that each took.
    """

    def __init__(self, timed: list[tuple[Run, float]]):
        self._same, self._similar = _medians(timed, _configuration), _medians(timed, _strategy)
        sized = [(seconds, n) for run, seconds in timed if (n := expected_samples(run))]
        self._a_sample = statistics.median(seconds / n for seconds, n in sized) if sized else None
        self._any = statistics.median(seconds for _, seconds in timed) if timed else None
        self._least = min((seconds for _, seconds in timed), default=0.0)

    def seconds(self, run: Run) -> float | None:
        """Estimate the seconds of a run; None before any run was timed.

        It is the median of the same configuration's; if there is none, of the same workload and strategy's; if there
        is none, in proportion to the samples, but not below the shortest run, because every run starts processes.
        """
        for medians, kind in (self._same, _configuration), (self._similar, _strategy):
            if kind(run) in medians:
                return medians[kind(run)]
        samples = expected_samples(run)
        if samples is None or self._a_sample is None:
            return self._any
        return max(self._least, self._a_sample * samples)

    def seconds_of_all(self, runs: Iterable[Run]) -> float | None:
        """Estimate the seconds of several runs, one after the other; None before any run was timed."""
        return None if self._any is None else sum(self.seconds(run) for run in runs)


def _medians(timed: list[tuple[Run, float]], kind: Callable[[Run], Hashable]) -> dict[Hashable, float]:
    groups = defaultdict(list)
    for run, seconds in timed:
        groups[kind(run)].append(seconds)
    return {key: statistics.median(group) for key, group in groups.items()}


def _configuration(run: Run) -> tuple:
    return run.workload, run.method, run.workers, run.max_steps


def _strategy(run: Run) -> tuple:
    return run.workload, run.strategy, run.max_steps


def expected_samples(run: Run) -> int | None:
    """Count the samples that a run will train on; None if only the user's own data set knows."""
    n_train = run.train_samples
    if n_train is None:
        if references.is_user_code(run.dataset):
            return None
        n_train = datasets.get(run.dataset).available
    samples = run.passes * n_train
    return samples if run.max_steps is None else min(samples, run.max_steps * run.batch_size)


class Progress:
    """What a study has done and has yet to do.

    Args:
        planned: all its runs, independent copies and diagnoses included.
        waiting: the folders of those that are to be made.
        timed: runs that are done already, and the seconds that each took.
    """

    def __init__(self, planned: Sequence[Run], waiting: set[str], timed: list[tuple[Run, float]]):
        self._n_planned = len(planned)
        self._waiting = {run.folder: run for run in planned if run.folder in waiting}
        self._timed, self._running = list(timed), {}
        self._estimate()

    def begin(self, job: Hashable, rule: str, folder: str, moment: float) -> None:
        """Note that a job has begun, at a moment in seconds: a run, if `folder` is that of one."""
        self._running[job] = self._waiting.get(folder), rule.replace("_", " "), moment
        self._estimate()

    def end(self, job: Hashable, moment: float) -> None:
        """Note that a job has ended; a run counts with all that its job took, also if it failed or was made twice."""
        run, _, begun = self._running.pop(job, (None, "", moment))
        if run is not None:
            del self._waiting[run.folder]
            self._timed.append((run, moment - begun))
        self._estimate()

    def forget(self, job: Hashable) -> None:
        """Note that a job has ended and made nothing."""
        self._running.pop(job, None)
        self._estimate()

    def _estimate(self) -> None:
        pace, (run, _) = Pace(self._timed), self.running
        self._seconds_of_running = None if run is None else pace.seconds(run)
        self._seconds_of_waiting = pace.seconds_of_all(one for one in self._waiting.values() if one is not run)

    @property
    def running(self) -> tuple[Run | None, float]:
        """The run that runs now and the moment it began; None if none does."""
        return next(((run, begun) for run, _, begun in self._running.values() if run is not None), (None, 0.0))

    def seconds_left(self, moment: float) -> float | None:
        """Estimate the seconds until all runs are made; None before any run was timed."""
        if self._seconds_of_waiting is None:
            return None
        run, begun = self.running
        rest = 0.0 if run is None else max(0.0, self._seconds_of_running - (moment - begun))
        return rest + self._seconds_of_waiting

    def line(self, status: str, moment: float) -> str:
        """Return the progress in one line, the most important first.

        Args:
            status: what the run that runs now is at.
            moment: now, in seconds, on the clock of `begin` and `end`.
        """
        parts = [f"{self._n_planned - len(self._waiting)} of {self._n_planned} runs"]
        seconds = self.seconds_left(moment)
        if self._waiting and seconds is not None:
            parts.append(f"{duration(seconds)} left")
        run, _ = self.running
        if run is not None:
            parts.append(f"{run.method} {run.split}, seed {run.seed}: {status}")
        elif self._running:
            parts.append(", ".join(rule for _, rule, _ in self._running.values()))
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """Describe how long something takes, as roughly as it is known: "about 7 min"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min"
