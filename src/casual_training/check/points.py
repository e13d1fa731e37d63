"""The points of the contract: a function each, whose docstring is the sentence that is checked.

A function takes the name of a strategy, trains it a few times, and returns what it saw in some words, or raises Broken.
check_strategy.py says in which order, and has the points that can only be seen from outside.
"""

import hashlib
import itertools
import math
import time

import torch

from casual_training import strategies
from casual_training.check import small_runs
from casual_training.check.small_runs import N_SAMPLES, Attempt, NotingPipeline, make_run, prepare
from casual_training.errors import RunFailed
from casual_training.workload.loss_functions import make_loss

NOTICE_SECONDS = 5  # within which a killed worker ends the run
LEARNED = 0.8  # a loss that is below this share of what it was has fallen


class Broken(Exception):
    """A point of the contract that a strategy does not keep; the message says what happened instead."""


class Unavailable(Exception):
    """A strategy that needs what is not there; the message says what."""


def trains(strategy: str) -> str:
    """The loss falls, and the caller holds the trained weights."""
    workers = most_workers(strategy, 2)
    attempt = _trained(make_run(strategy, workers=workers, passes=6))
    untouched = [
        name for name, tensor in attempt.model.named_parameters() if torch.equal(tensor, attempt.initial[name])
    ]
    if untouched:
        raise Broken(f"the caller's model holds its initial weights after training ({', '.join(untouched)})")
    losses = attempt.losses
    tenth = math.ceil(len(losses) / 10)
    by_moment = [loss for *_, loss in sorted(attempt.recorder.losses(), key=lambda noted: noted[2])]
    first, last = sum(by_moment[:tenth]) / tenth, sum(by_moment[-tenth:]) / tenth
    if not last < LEARNED * first:
        raise Broken(f"the loss does not fall: {first:.2f} in the first tenth of the steps, {last:.2f} in the last")
    now = _loss_over_all(attempt)
    attempt.model.load_state_dict(attempt.initial)
    before = _loss_over_all(attempt)
    if not now < LEARNED * before:
        raise Broken(f"the caller's weights have not learned what the workers have: loss {before:.2f}, then {now:.2f}")
    return f"loss {before:.2f}, then {now:.2f}"


def exact_samples(strategy: str) -> str:
    """Every sample is taken exactly once a pass."""
    passes, most = 2, most_workers(strategy, 3)
    for workers in range(1, most + 1):
        attempt = _trained(make_run(strategy, workers=workers, passes=passes))
        for index, times in enumerate(attempt.data.times_taken()):
            if times != passes:
                raise Broken(f"{_of(workers)} took sample {index} {_times(times)} in {passes} passes")
        if attempt.recorder.samples != passes * N_SAMPLES:
            told, planned = attempt.recorder.samples, passes * N_SAMPLES
            raise Broken(f"{_of(workers)} told the recorder of {told} samples instead of {planned}")
        shares = [len(taken) for taken in attempt.data.taken()]
        if max(shares) - min(shares) > passes:
            raise Broken(f"{_of(workers)} took {', '.join(map(str, shares))} samples, which are no equal shares")
    return "1 worker" if most == 1 else "1, 2 and 3 workers"


def equal_to_serial(strategy: str) -> str:
    """One worker has the losses of serial training."""
    changes = {"model": "simple_nn", "passes": 2, "cores": 1}  # a server has as many threads as there are cores
    mine = _trained(make_run(strategy, **changes))
    serial = small_runs.train(prepare(make_run("serial", **changes)))
    _compare(mine.losses, serial.losses, strategy, "serial training")
    tolerance = strategies.serial_tolerance(strategy)
    if tolerance:
        return f"to a relative difference of {tolerance:g}, its SERIAL_TOLERANCE"
    for name, weights in serial.model.state_dict().items():
        if not torch.equal(weights, mine.model.state_dict()[name]):
            raise Broken(f"the losses are those of serial training, but {name} is not, when training is over")
    return "bit for bit"


def snapshots(strategy: str) -> str:
    """While it trains, the caller holds the weights of the moment."""
    due = (N_SAMPLES, 2 * N_SAMPLES)
    attempt = _trained(make_run(strategy, passes=3), thresholds=due)
    taken = attempt.recorder.snapshots.taken()
    samples = tuple(samples for _, samples, _ in taken)
    if samples != due:
        raise Broken(f"snapshots were due after {due} samples and taken after {samples}")
    moments = [attempt.initial, *(weights for *_, weights in taken), attempt.model.state_dict()]
    for number, (before, after) in enumerate(itertools.pairwise(moments)):
        for name in before:
            if torch.equal(before[name], after[name]):
                raise Broken(f"{name} is the same after {number} and after {number + 1} of 3 passes")
    return "after 1, 2 and 3 passes"


def threads(strategy: str) -> str:
    """Every worker has the planned threads, from its first batch to its last."""
    for workers, planned in ((1, 2), (most_workers(strategy, 2), 1)):
        attempt = _trained(make_run(strategy, workers=workers, threads=planned))
        for rank, number in enumerate(attempt.data.threads()):
            if number != planned:
                raise Broken(f"worker {rank} had {number} threads instead of {planned}")
    return "1 and 2 threads"


def seed(strategy: str) -> str:
    """A seed fixes order, dropout and losses; another seed is another run."""
    first, again, other = (_seeded(strategy, seed) for seed in (1, 1, 2))
    if first.data.taken() != again.data.taken():
        raise Broken("two runs of one seed took the samples in different orders")
    _compare(again.losses, first.losses, strategy, "an earlier run of the same seed")
    if other.data.taken() == first.data.taken() or other.losses == first.losses:
        raise Broken("two seeds gave the same order of samples or the same losses")
    # The weights and the order of one seed, and the workers' random numbers of another.
    dropout = _seeded(strategy, 2, data=NotingPipeline(first.run))
    if dropout.losses[0] == first.losses[0]:
        raise Broken("the dropout of two seeds is the same: the workers' random numbers do not come from run.seed")
    workers = most_workers(strategy, 2)
    orders = [_trained(make_run(strategy, workers=workers)).data.taken() for _ in range(2)]
    if orders[0] != orders[1]:
        raise Broken(f"two runs of one seed with {_of(workers)} took the samples in different orders")
    return "seeds 1 and 2"


def death(strategy: str) -> str:
    """A killed worker fails the run within 5 s."""
    slowest, workers = 0.0, most_workers(strategy, 2)
    for rank in range(workers):
        run = make_run(strategy, workers=workers, passes=3)
        attempt = prepare(run, NotingPipeline(run, fatal=(rank, 5)))
        status = _status(attempt)
        seconds = time.perf_counter() - attempt.data.killed_at
        if not attempt.data.killed_at:
            raise Broken(f"worker {rank} took too few batches to be killed; the run was {status}")
        if status == "ok":
            raise Broken(f"worker {rank} was killed, and train returned as if nothing had happened")
        if seconds > NOTICE_SECONDS:
            raise Broken(f"worker {rank} was killed, and the run was {status} only after {seconds:.1f} s")
        if status != "failed":
            raise Broken(f"worker {rank} was killed, and the run was {status} instead of failed")
        slowest = max(slowest, seconds)
    return f"after {slowest:.1f} s" if workers == 1 else f"after {slowest:.1f} s at most"


def weights_hash(strategy: str) -> str:
    """Return the hash of the weights that a small run ends with; part of the point deterministic."""
    attempt = _trained(make_run(strategy, workers=most_workers(strategy, 2), model="simple_nn", passes=2))
    weights = attempt.model.state_dict().values()
    return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in weights)).hexdigest()


def most_workers(strategy: str, most: int) -> int:
    """Return `most`, or 1 for a strategy that has one worker by definition."""
    return 1 if strategies.takes_one_worker(strategy) else most


def _trained(run, **others) -> Attempt:
    """Train; whatever the strategy raises breaks the point that asked for it."""
    try:
        return small_runs.train(prepare(run, **others))
    except RunFailed as failure:
        if failure.status == "unavailable":
            raise Unavailable(failure.cause) from None
        raise Broken(f"{_of(run.workers)}: {failure.status}: {failure.cause}") from failure
    except Exception as error:
        raise Broken(f"{_of(run.workers)}: {type(error).__name__}: {error}") from error


def _seeded(strategy: str, seed: int, **others) -> Attempt:
    return _trained(make_run(strategy, seed=seed, model="simple_nn", max_steps=4), **others)


def _status(attempt: Attempt) -> str:
    """Train, and return the status that the run would have in its row."""
    try:
        small_runs.train(attempt)
    except RunFailed as failure:
        return failure.status
    except Exception:  # runs/perform.py makes a failed row of whatever a strategy raises
        return "failed"
    return "ok"


def _compare(losses: list[float], expected: list[float], strategy: str, of_what: str) -> None:
    tolerance = strategies.serial_tolerance(strategy)
    if len(losses) != len(expected):
        raise Broken(f"{len(losses)} steps instead of the {len(expected)} of {of_what}")
    for step, (mine, theirs) in enumerate(zip(losses, expected, strict=True), start=1):
        if not math.isclose(mine, theirs, rel_tol=tolerance, abs_tol=0):
            raise Broken(f"the loss of step {step} is {mine!r}, that of {of_what} {theirs!r}")


def _loss_over_all(attempt: Attempt) -> float:
    with torch.no_grad():
        return make_loss(attempt.run)(attempt.model(attempt.data.inputs), attempt.data.targets).item()


def _of(workers: int) -> str:
    return f"{workers} worker{'s' * (workers > 1)}"


def _times(number: int) -> str:
    return {0: "never", 1: "once"}.get(number, f"{number} times")
