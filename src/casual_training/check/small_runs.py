"""Small runs on synthetic data that note who took which samples, in what order and with how many threads."""

import dataclasses
import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import torch
from torch import nn

from casual_training import strategies
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots
from casual_training.plan.run import Run
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import models
from casual_training.workload.data_order import batch_indices, planned_work
from casual_training.workload.pipelines import Batch, MemoryPipeline

N_SAMPLES = 97  # a prime: whatever the number of workers, some have more samples than others, and more steps
N_CLASSES = 10
ROOM = 3  # a worker may take so many times what is planned before it is stopped
DEADLINE_SECONDS = 15  # of runs that take about one

SERIAL_RUN = Run(
    study="check",
    workload="synthetic",
    method="check",
    workers=1,
    epochs=1.0,
    passes=1,
    seed=1,
    strategy="serial",
    options={},
    threads=1,
    cores=2,
    input_pipeline="memory",
    sampling="shard",
    omp_wait_policy=None,
    max_steps=None,
    expected_failure=False,
    dataset="synthetic",
    train_samples=None,
    model="tiny",
    loss="cross_entropy",
    batch_size=8,
    optimizer={"name": "sgd", "lr": 0.02, "momentum": 0.5},
    metric={"name": "accuracy", "function": "accuracy", "higher_is_better": True},
    log_interval=1,
    snapshots=1,
    deadline_seconds=DEADLINE_SECONDS,
)


def make_run(strategy: str, **changes) -> Run:
    """Make a small run; epochs follow from passes and workers, and options that are not given are the defaults."""
    run = dataclasses.replace(SERIAL_RUN, strategy=strategy, **changes)
    options = {name: option["default"] for name, option in strategies.options(strategy).items()}
    if "device" in options:
        options["device"] = "cpu"  # there may be no other
    return dataclasses.replace(run, epochs=run.passes / run.workers, options=options | run.options)


def build(model: str) -> nn.Module:
    """Build a network for the synthetic images: "tiny", where speed matters, or one of models/."""
    if model == "tiny":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, N_CLASSES))
    return models.build(model)


class NotingPipeline(MemoryPipeline):
    """The pipeline `memory` over synthetic images; notes in shared memory who takes which of them, and how.

    A class of the images is a pattern, an image its pattern with noise: easy to learn, and no two images are the same.

    Args:
        run: the run; its seed, workers and batch_size shape the batches.
        fatal: (rank, number): this worker is killed when it takes its batch of this number, counted from 0.
    """

    def __init__(self, run: Run, fatal: tuple[int, int] | None = None):  # not super's: there is no data set to read
        random = torch.Generator().manual_seed(0)
        patterns = torch.randn(N_CLASSES, 1, 28, 28, generator=random)
        self.run, self.fatal = run, fatal
        self.targets = (torch.arange(N_SAMPLES) % N_CLASSES).share_memory_()  # (N,) int64
        noise = torch.randn(N_SAMPLES, 1, 28, 28, generator=random)
        self.inputs = (patterns[self.targets] + noise).share_memory_()  # (N, 1, 28, 28) float32
        self._caller = os.getpid()
        room = ROOM * run.passes * N_SAMPLES
        self._taken = torch.zeros(run.workers, room, dtype=torch.int64).share_memory_()
        self._n_taken = torch.zeros(run.workers, 2, dtype=torch.int64).share_memory_()  # [batches, samples]
        self._takers = torch.zeros(run.workers, dtype=torch.int64).share_memory_()  # process ids
        self._threads = torch.full((run.workers,), run.threads).share_memory_()
        self._killed_at = torch.zeros(1, dtype=torch.float64).share_memory_()

    def batches(self, number: int, rank: int) -> Iterator[Batch]:
        """Return the batches (inputs, targets) of worker `rank` in pass `number`, counted from 0."""
        all_indices = batch_indices(N_SAMPLES, number, rank, self.run)
        for indices, batch in zip(all_indices, super().batches(number, rank), strict=True):
            self._note(rank, indices)
            yield batch

    def _note(self, rank: int, indices: torch.Tensor) -> None:
        if os.getpid() == self._caller:
            raise RuntimeError("the caller's process took a batch; start workers through workers.run_workers")
        if self._takers[rank] not in (0, os.getpid()):
            raise RuntimeError(f"two processes took the batches of worker {rank}; each takes those of its own rank")
        self._takers[rank] = os.getpid()
        batches, samples = self._n_taken[rank].tolist()
        if self.fatal == (rank, batches):
            self._killed_at[0] = time.perf_counter()
            os.kill(os.getpid(), signal.SIGKILL)
        if samples + len(indices) > self._taken.shape[1]:
            raise RuntimeError(f"worker {rank} took more than {ROOM} times the samples of the whole run")
        self._taken[rank, samples : samples + len(indices)] = indices
        self._n_taken[rank] += torch.tensor([1, len(indices)])
        if torch.get_num_threads() != self.run.threads:
            self._threads[rank] = torch.get_num_threads()

    def taken(self) -> list[list[int]]:
        """List the samples that each worker took, as indices, in its order."""
        return [row[:samples].tolist() for row, (_, samples) in zip(self._taken, self._n_taken.tolist(), strict=True)]

    def times_taken(self) -> list[int]:
        """Count how often each sample was taken."""
        times = Counter(itertools.chain(*self.taken()))
        return [times[index] for index in range(N_SAMPLES)]

    def threads(self) -> list[int]:
        """Return the threads of each worker when it took its batches; the last that were not as planned, if any."""
        return self._threads.tolist()

    @property
    def killed_at(self) -> float:
        """The moment the worker was killed, as of time.perf_counter; 0 if it was not."""
        return self._killed_at.item()


@dataclasses.dataclass
class Attempt:
    """A run of a strategy: what it is given, and what is there when it is over."""

    run: Run
    data: NotingPipeline
    model: nn.Module
    initial: dict[str, torch.Tensor]  # the weights before training
    recorder: Recorder

    @property
    def losses(self) -> list[float]:
        """The loss of every step, worker after worker."""
        return [loss for *_, loss in self.recorder.losses()]


def prepare(run: Run, data: NotingPipeline | None = None, thresholds: tuple[int, ...] = ()) -> Attempt:
    """Make what a strategy is given, as runs/perform.py does.

    Args:
        run: the run; run.model is a name of `build`.
        data: None makes the run's own; another's are those of another seed.
        thresholds: the samples after which a snapshot is due.
    """
    data = data or NotingPipeline(run)
    torch.manual_seed(derived_seed(data.run.seed, INITIAL_WEIGHTS))
    model = build(run.model)
    steps = max(planned_work(N_SAMPLES, rank, run)[0] for rank in range(run.workers))
    recorder = Recorder(run.workers, ROOM * steps, run.log_interval, Snapshots(model, list(thresholds)))
    initial = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return Attempt(run, data, model, initial, recorder)


def train(attempt: Attempt) -> Attempt:
    """Train in workers; raise whatever the strategy raises. Call workers.prepare() before."""
    strategies.load(attempt.run.strategy)(attempt.model, attempt.data, attempt.run, attempt.recorder)
    return attempt
