"""What recording and snapshots cost, as shares of the training they watch.

    python benchmarks/recorder.py

Timed in a worker of one thread: training steps, the recorder's part of them, and the copies of the weights, whose place
in shared memory the worker has not touched before. The part is all that Hogwild! with a lock asks for: when
it reads the weights, how long it waits for the lock and holds it, how stale its update is, and the step. It is held
against the steps it follows, in turns, and the snapshots of a run against all steps of such a run in the default study.
"""

import dataclasses
import statistics
import time

import torch

from casual_training.config.read import read_config
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots
from casual_training.parallel import workers
from casual_training.study.load import PROJECT, one_run
from casual_training.workload import models
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.optimizers import make_optimizer

STEPS, TURNS = 100, 5


def main() -> None:
    workers.prepare()
    config = read_config([PROJECT / "config.yaml"])
    for workload in ("fashion_mnist-simple_nn", "fashion_mnist-ps_net"):
        run, _ = one_run(config, workload, "serial", 1, 4, seed=1)
        run = dataclasses.replace(run, log_interval=10)
        model = models.build(run.model)
        model.share_memory()
        thresholds = list(range(1, run.snapshots))
        readings = torch.zeros(TURNS, 3, dtype=torch.float64).share_memory_()
        recorder = Recorder(1, STEPS, run.log_interval, Snapshots(model, []))
        rooms = [Snapshots(model, thresholds) for _ in range(TURNS)]
        workers.run_workers(measure, run, recorder, model, rooms, readings)
        steps_of_a_run = run.passes * run.train_samples / run.batch_size
        recording = [record / step for step, record, _ in readings.tolist()]
        copying = [copies / (steps_of_a_run * step) for step, _, copies in readings.tolist()]
        each = statistics.median(copies for _, _, copies in readings.tolist()) / len(thresholds)
        print(f"{run.model}: recording, share of a step: {percent(recording)}")
        print(f"{run.model}: {len(thresholds)} snapshots of {1000 * each:.2f} ms, share of a run: {percent(copying)}")


def measure(rank, run, recorder, model, rooms, readings) -> None:
    """Note, turn by turn, the seconds of a step, of its recording, and of all copies."""
    optimizer, compute_loss = make_optimizer(model, run), make_loss(run)
    lock = workers.context().Lock()
    inputs, targets = torch.randn(run.batch_size, 1, 28, 28), torch.randint(10, (run.batch_size,))
    for turn, room in enumerate(rooms):
        begun = time.perf_counter()
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = compute_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
        trained = time.perf_counter()
        recorder.start(rank, run.threads)
        for _ in range(STEPS):
            recorder.reading()
            with recorder.holding(lock):
                pass
            recorder.step(loss, run.batch_size)
        recorded = time.perf_counter()
        for number in range(len(room.thresholds)):
            room.take(number, 0, 1.0)
        copied = time.perf_counter()
        readings[turn] = torch.tensor([(trained - begun) / STEPS, (recorded - trained) / STEPS, copied - recorded])


def percent(shares: list[float]) -> str:
    """Write the median of shares of 1, and their range."""
    return f"{statistics.median(shares):.3%} (from {min(shares):.3%} to {max(shares):.3%})"


if __name__ == "__main__":
    main()
