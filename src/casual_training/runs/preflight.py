"""What is tried before the run: whether the network, the data, the loss and the metric fit each other.

It is tried in the supervisor, on a copy of the network and with a random state of its own, so that it changes nothing.
What it finds would otherwise be an error of torch inside a worker, or worse, a number: outputs of shape (B, 1) and
targets of shape (B,) give a loss, and it is the wrong one.
"""

import contextlib
import copy
from collections.abc import Iterator

import torch

from casual_training.config import references
from casual_training.errors import UserCodeError
from casual_training.parallel.changing_buffers import note_changed_buffer
from casual_training.runs.evaluate import BATCH
from casual_training.runs.prepare import PreparedRun
from casual_training.workload import pipelines
from casual_training.workload.samples import Pairs, Samples
from casual_training.workload.user_code import location, one_line

VALUE_BY_VALUE = ("mean_squared_error", "mean_absolute_error", "binary_cross_entropy_with_logits")


def try_out(prepared: PreparedRun) -> None:
    """Train on a batch, evaluate on one of each of the other splits, and look at all targets that are there.

    Raises:
        UserCodeError: something does not fit; one sentence.
    """
    splits, data = prepared.splits, prepared.data
    batch = pipelines.first_batch(data, prepared.run)
    try_step(prepared, batch)
    # A DataLoader makes the targets one by one.
    targets = splits.train.targets if isinstance(splits.train, Pairs) else getattr(data, "targets", batch[1])
    try_evaluation(prepared, {"validation": splits.validation, "test": splits.test}, targets)


def try_step(prepared: PreparedRun, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Take one batch through the network, the loss, the backward pass and the metric.

    A buffer that changes meanwhile is noted for those methods that refuse such networks (changing_buffers.py).

    Args:
        prepared: the run; its network stays as it is.
        batch: (inputs, targets), the first of the run.

    Raises:
        UserCodeError: they do not fit; one sentence.
    """
    run, model, (inputs, targets) = prepared.run, prepared.model, batch
    given = f"inputs {shape(inputs)} and targets {shape(targets)}"
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UserCodeError(f"{_of(run.model)}: the network has no parameters to train; give it some")
    with _aside(model) as trial:
        outputs = _call(trial, (inputs,), run.model, f"the network cannot take inputs {shape(inputs)}")
        _require_fit(outputs, targets, run)
        _require_range(targets, outputs, "training", run)
        what = f"{run.loss} cannot take {_pair(outputs, targets)}"
        loss = _call(prepared.compute_loss, (outputs, targets), run.loss, what)
        if not isinstance(loss, torch.Tensor) or loss.dim() or not loss.requires_grad:
            raise UserCodeError(
                f"{_of(run.loss)}: {run.loss} gives {_kind(loss)} and must give a tensor of one number that "
                "depends on the outputs, the mean over the batch"
            )
        _call(loss.backward, (), run.loss, f"the backward pass fails on {given} of the data")
        _try_metric(prepared, outputs.detach(), targets, "")
        note_changed_buffer(model, trial)


def try_evaluation(prepared: PreparedRun, parts: dict[str, Samples], training_targets: torch.Tensor) -> None:
    """Evaluate the last batch of each part as evaluate.py does, and look at all targets.

    The last one, because it may have fewer samples than the others.

    Args:
        prepared: the run; its network stays as it is.
        parts: the samples of "validation" and "test"; of each only a batch is prepared, and all targets are looked at
            if they are the user's own.
        training_targets: (N, ...), those of the training samples that are known.

    Raises:
        UserCodeError: something does not fit; one sentence.
    """
    run = prepared.run
    with _aside(prepared.model) as trial, torch.inference_mode():
        trial.eval()
        for part, samples in parts.items():
            first = (len(samples) - 1) // BATCH * BATCH
            inputs, targets = samples.take(torch.arange(first, len(samples))).stacked()
            at = f" in the evaluation on {part} data"
            outputs = _call(trial, (inputs,), run.model, f"the network cannot take inputs {shape(inputs)}{at}")
            _require_fit(outputs, targets, run)
            _require_range(samples.targets if isinstance(samples, Pairs) else targets, outputs, part, run)
            what = f"{run.loss} cannot take {_pair(outputs, targets)}{at}"
            _require_number(_call(prepared.compute_loss, (outputs, targets), run.loss, what), run.loss)
            _try_metric(prepared, outputs, targets, at)
        _require_range(training_targets, outputs, "training", run)


@contextlib.contextmanager
def _aside(model: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Yield a copy of the network to try, on one thread and with a random state of its own."""
    threads = torch.get_num_threads()
    # A pool of threads would be left in this process, which has to be quiet while others train.
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            yield copy.deepcopy(model)
    finally:
        torch.set_num_threads(threads)


def _try_metric(prepared: PreparedRun, outputs: torch.Tensor, targets: torch.Tensor, at: str) -> None:
    metric = prepared.run.metric["function"]
    what = f"{metric} cannot take {_pair(outputs, targets)}{at}"
    _require_number(_call(prepared.compute_metric, (outputs, targets), metric, what), metric)


def _call(function, arguments: tuple, named: str | dict, what: str):
    """Call what may be the user's; an error becomes a sentence with the place in the user's files."""
    try:
        return function(*arguments)
    except Exception as error:
        at = f"{location(error, named)}: " if references.is_user_code(named) else ""
        raise UserCodeError(f"{at}{what}: {one_line(error)}") from error


def _require_fit(outputs, targets: torch.Tensor, run) -> None:
    """Refuse outputs that torch would take for something else than what the loss or the metric needs."""
    at = f"{_of(run.model)}: the network gives {_kind(outputs)}"
    if not isinstance(outputs, torch.Tensor):
        raise UserCodeError(f"{at}; give one tensor")
    for name in (run.loss, run.metric["function"]):
        if name in VALUE_BY_VALUE and outputs.shape != targets.shape:
            raise UserCodeError(f"{at}, but {name} needs the shape of the targets, {tuple(targets.shape)}; reshape one")
    if run.metric["function"] == "accuracy" and outputs.shape != targets.shape:
        classes = (outputs.shape[0], *outputs.shape[2:])
        if outputs.dim() < 2 or classes != tuple(targets.shape):
            raise UserCodeError(
                f"{at}, which accuracy cannot compare with targets {shape(targets)}; name another metric in the config"
            )


def _require_range(targets: torch.Tensor, outputs: torch.Tensor, part: str, run) -> None:
    """Refuse targets that the loss of a classification cannot take, or takes without a word for something else."""
    if run.loss == "cross_entropy" and not targets.is_floating_point() and outputs.dim() > 1:
        most = outputs.shape[1] - 1
        needed = f"the network ({_of(run.model)}) gives a tensor {shape(outputs)}, so it has the classes 0 to {most}"
    elif run.loss == "binary_cross_entropy_with_logits":
        most, needed = 1, f"{run.loss} needs targets from 0 to 1"
    else:
        return
    lowest, highest = targets.min().item(), targets.max().item()
    if lowest < 0 or highest > most:
        raise UserCodeError(
            f"{_of(run.dataset)}: the targets of the {part} data go from {lowest} to {highest}, but {needed}"
        )


def _require_number(values, metric: str) -> None:
    try:
        torch.as_tensor(values).sum(dtype=torch.float64).item()
    except Exception:
        raise UserCodeError(f"{_of(metric)}: {metric} gives {_kind(values)} and must give a number") from None


def _of(named: str | dict) -> str:
    """Return which code is meant: the file and line of the user's, or the name of ours."""
    return location(None, named) if references.is_user_code(named) else str(named)


def _pair(outputs: torch.Tensor, targets: torch.Tensor) -> str:
    return f"outputs {shape(outputs)} and targets {shape(targets)}"


def shape(tensor: torch.Tensor) -> str:
    """Return a tensor's shape and dtype: "of shape (32, 10), float32"."""
    return f"of shape {tuple(tensor.shape)}, {str(tensor.dtype).removeprefix('torch.')}"


def _kind(value) -> str:
    return f"a tensor {shape(value)}" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
