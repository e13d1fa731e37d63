"""What the workers write down while they train, at no cost to the step: losses, times, samples, snapshots, waiting.

Every worker writes to rows of its own in shared memory that is there before training starts, so nothing is
allocated, sent or locked on the way; the supervisor reads it during the run (progress) and after it (results).
"""

import contextlib
import resource
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Lock
from typing import Any

import torch

from casual_training.measure import interference, machine
from casual_training.measure.snapshots import Snapshots

# Columns of a worker's row of counters.
STARTED, ENDED, STEPS, SAMPLES, THREADS, CPU_SECONDS, PEAK_RSS_MB, PSS_MB, COMPLETED = range(9)
# What the whole machine had done by the worker's start and end: interference.cpu_times, zeros without a reading.
BUSY_BEFORE, STEAL_BEFORE, BUSY_AFTER, STEAL_AFTER = range(9, 13)
# What a worker may measure of its dealings with others: each is counted and summed up.
MEASURES = (
    "communication_seconds",  # all that is neither data nor computing: exchanging gradients or weights, waiting for it
    "lock_wait_seconds",
    "lock_hold_seconds",
    "round_trip_seconds",  # from a call to its answer
    "payload_bytes",  # that a call and its answer carry
)
MOST_STALENESS = 64  # the last bin of the histogram: so many updates or more
# ru_maxrss counts bytes on macOS and KiB elsewhere.
MB_PER_MAXRSS = 1 / 2**20 if sys.platform == "darwin" else 1 / 2**10


class Recorder:
    """The shared record of one run.

    Args:
        workers: number of workers.
        steps: most steps that one worker makes.
        log_interval: a worker notes its loss every so many steps, 1 or more.
        snapshots: room for copies of the weights, which worker 0 takes when they are due; None takes none.
    """

    def __init__(self, workers: int, steps: int, log_interval: int, snapshots: Snapshots | None = None):
        # float64 throughout: counts are exact up to 2**53, and perf_counter keeps its nanoseconds.
        self._rows = torch.zeros(workers + 1, 13, dtype=torch.float64).share_memory_()
        self.counters = self._rows[:workers]
        self._server = workers  # the last row is the server's, if the strategy has one
        # (workers, notes, [step, moment, samples, loss])
        self.notes = torch.zeros(workers, steps // log_interval, 4, dtype=torch.float64).share_memory_()
        # (workers, measures, [times measured, sum]) and (workers, updates missed)
        self._measured = torch.zeros(workers, len(MEASURES), 2, dtype=torch.float64).share_memory_()
        self._staleness = torch.zeros(workers, MOST_STALENESS + 1, dtype=torch.float64).share_memory_()
        self._n_steps, self._log_interval = steps, log_interval
        self.epochs: float | None = None  # of each worker; `status` counts in epochs, if they are given, or in steps
        self.snapshots = snapshots
        self.details: dict[str, Any] = {}  # what else a strategy has to say about the run, as plain values for JSON
        # A worker whose weights are elsewhere sets this: it brings them where they are copied from.
        self.refresh: Callable[[], object] | None = None

    def start(self, rank: int, threads: int) -> None:
        """Begin the record of the calling process, at this moment; the server's rank is the number of workers."""
        self._counters = self._rows[rank].numpy()  # item assignment is 10 times cheaper than on a tensor
        self._steps, self._samples = 0, 0
        self._updates_at_reading = None
        if rank != self._server:
            self._notes = self.notes[rank].numpy()
            self._own_measured = self._measured[rank].numpy()
            self._own_staleness = self._staleness[rank].numpy()
        self._everybodys_steps = self.counters[:, STEPS].numpy()
        self._due = list(self.snapshots.thresholds) if self.snapshots and rank == 0 else []
        self._everybodys_samples = self.counters[:, SAMPLES].numpy()
        self._counters[THREADS] = threads
        self._counters[[BUSY_BEFORE, STEAL_BEFORE]] = interference.cpu_times() or (0.0, 0.0)
        self._cpu_started = time.process_time()
        self._counters[STARTED] = time.perf_counter()

    def step(self, loss: torch.Tensor, samples: int) -> None:
        """Count one step of the calling worker; call it after each.

        Args:
            loss: the step's loss, a scalar tensor.
            samples: samples in the step's batch.
        """
        self._steps += 1
        self._samples += samples
        self._counters[SAMPLES] = self._samples
        if self._updates_at_reading is not None:
            self.stale(int(self._updates_of_others() - self._updates_at_reading))
        self._counters[STEPS] = self._steps
        if self._due and self._everybodys_samples.sum() >= self._due[0]:
            self._take_snapshot()
        if self._steps % self._log_interval == 0:
            note = self._steps // self._log_interval - 1
            self._notes[note] = self._steps, time.perf_counter(), self._samples, loss.item()

    def reading(self) -> None:
        """Note that the calling worker reads shared weights now: its step tells how many updates it missed since."""
        self._updates_at_reading = self._updates_of_others()

    def _updates_of_others(self) -> float:
        return self._everybodys_steps.sum() - self._counters[STEPS]

    def stale(self, updates: int) -> None:
        """Count one update of the calling worker that missed `updates` updates, 0 or more, of others."""
        self._own_staleness[min(updates, MOST_STALENESS)] += 1

    def add(self, measure: str, amount: float) -> None:
        """Add one reading of the calling worker to one of MEASURES."""
        row = MEASURES.index(measure)
        self._own_measured[row, 0] += 1  # number by number, which takes half the time of a row
        self._own_measured[row, 1] += amount

    @contextlib.contextmanager
    def timing(self, measure: str) -> Iterator[None]:
        """Add the seconds in between to one of MEASURES."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(measure, time.perf_counter() - begun)

    @contextlib.contextmanager
    def holding(self, lock: Lock) -> Iterator[None]:
        """Hold a lock; add the seconds of waiting for it and of holding it to their measures."""
        with self.timing("lock_wait_seconds"):
            lock.acquire()
        try:
            with self.timing("lock_hold_seconds"):
                yield
        finally:
            lock.release()

    def _take_snapshot(self) -> None:
        samples = int(self._everybodys_samples.sum())
        while self._due and self._due[0] <= samples:  # several may have come due in one step; one copy will do
            self._due.pop(0)
        if self.refresh:
            self.refresh()
        number = len(self.snapshots.thresholds) - len(self._due) - 1
        self.snapshots.take(number, samples, time.perf_counter())

    def complete(self) -> None:
        """End the record of the calling process, at this moment; without it a worker counts as failed."""
        self._counters[ENDED] = time.perf_counter()
        self._counters[CPU_SECONDS] = time.process_time() - self._cpu_started
        self._counters[[BUSY_AFTER, STEAL_AFTER]] = interference.cpu_times() or (0.0, 0.0)
        self._counters[STEPS] = self._steps
        self._counters[PEAK_RSS_MB] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MB_PER_MAXRSS
        self._counters[COMPLETED] = 1

    def record_memory(self) -> None:
        """Note the memory of the calling process, its share of what it shares; while all others are still there."""
        self._counters[PSS_MB] = machine.pss_mb() or 0.0

    @property
    def started(self) -> float:
        """The moment the first worker left the barrier, as of time.perf_counter; 0 if none has."""
        started = self.counters[:, STARTED]
        return started[started > 0].min().item() if started.any() else 0.0

    @property
    def ended(self) -> float:
        """The moment the last worker ended, as of time.perf_counter."""
        return self.counters[:, ENDED].max().item()

    @property
    def overlap(self) -> float:
        """The share of the run, in [0, 1], during which all workers trained."""
        started, ended = self.counters[:, STARTED], self.counters[:, ENDED]
        together = (ended.min() - started.max()).item()
        return max(0.0, together) / (self.ended - self.started)

    def interference(self, own_cpu_seconds: float) -> dict:
        """Assess what others took of the machine between the first start and the last end; Nones without readings."""
        rows = self.counters
        first, last = rows[rows[:, STARTED].argmin()], rows[rows[:, ENDED].argmax()]
        if not (first[BUSY_BEFORE] and last[BUSY_AFTER]):
            return dict.fromkeys(interference.KEYS)
        busy, steal = (last[BUSY_AFTER] - first[BUSY_BEFORE]).item(), (last[STEAL_AFTER] - first[STEAL_BEFORE]).item()
        return interference.assess(
            busy, steal, own_cpu_seconds, self.ended - self.started, interference.allowed_cores()
        )

    @property
    def samples(self) -> int:
        """Samples trained on so far, by all workers."""
        return int(self.counters[:, SAMPLES].sum().item())

    def status(self, now: float) -> str:
        """Describe how far the worker is that has made most steps, its last loss, and how fast all are together.

        Args:
            now: this moment, as of time.perf_counter.
        """
        if not self.started:
            return "starting workers"
        rank = int(self.counters[:, STEPS].argmax())
        steps = int(self.counters[rank, STEPS])
        share = steps / self._n_steps
        done = f"step {steps:,} of {self._n_steps:,}"
        parts = [done if self.epochs is None else f"epoch {share * self.epochs:.2f} of {self.epochs:g}"]
        noted = (steps - 1) // self._log_interval  # the note of the last step may be on its way
        if noted > 0:
            parts.append(f"loss {self.notes[rank, noted - 1, 3]:.3g}")
        parts.append(f"{self.samples / (now - self.started):,.0f} samples/s")
        return ", ".join(parts)

    def completed(self, rank: int) -> bool:
        """Return whether a worker, or the server, has ended its record."""
        return bool(self._rows[rank, COMPLETED])

    def threads(self, rank: int) -> int:
        """Return the threads that a worker, or the server, read back before its work."""
        return int(self._rows[rank, THREADS])

    def server(self) -> dict | None:
        """Return the record of the server, as plain values for JSON; None if there is none."""
        row = self._rows[self._server].tolist()
        if not row[STARTED]:
            return None
        memory = {"peak_rss_mb": row[PEAK_RSS_MB], "pss_mb": row[PSS_MB] or None}
        return {"threads": int(row[THREADS]), "cpu_seconds": row[CPU_SECONDS], **memory}

    def workers(self) -> list[dict]:
        """Return the record of each worker, as plain values for JSON."""
        return [
            {
                "rank": rank,
                "threads": int(row[THREADS]),
                "steps": int(row[STEPS]),
                "samples": int(row[SAMPLES]),
                "train_seconds": row[ENDED] - row[STARTED] if row[COMPLETED] else None,
                "cpu_seconds": row[CPU_SECONDS],
                "peak_rss_mb": row[PEAK_RSS_MB],
                "pss_mb": row[PSS_MB] or None,
                "measures": self._measures(rank),
                "staleness": self._histogram(rank),
            }
            for rank, row in enumerate(self.counters.tolist())
        ]

    def _measures(self, rank: int) -> dict[str, dict]:
        """Return what a worker measured, name -> {"count", "sum"}."""
        readings = zip(MEASURES, self._measured[rank].tolist(), strict=True)
        return {name: {"count": int(count), "sum": total} for name, (count, total) in readings if count}

    def _histogram(self, rank: int) -> list[int]:
        """Return how many of a worker's updates missed 0, 1, 2, ... updates of others, up to the most."""
        bins = [int(number) for number in self._staleness[rank].tolist()]
        return bins[: max((updates for updates, number in enumerate(bins) if number), default=-1) + 1]

    def losses(self) -> list[tuple[int, int, float, int, float]]:
        """List what the workers noted: (worker, step, seconds since the common start, samples, loss)."""
        return [
            (rank, int(step), moment - self.started, int(samples), loss)
            for rank, notes in enumerate(self.notes)
            for step, moment, samples, loss in notes.tolist()
            if step > 0
        ]
