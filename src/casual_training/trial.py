"""A step before the run: whether the network, the data, the loss and the metric fit each other.

It is made in the supervisor, on a copy of the network and with a random state of its own, so that it changes nothing.
What it finds would otherwise be an error of torch inside a worker, or worse, a number: outputs of shape (B, 1) and
targets of shape (B,) give a loss, and it is the wrong one.
"""

import copy

import torch

from casual_training import own
from casual_training.optimization import make_loss, make_metric
from casual_training.own import OwnCodeError, said, where

VALUE_BY_VALUE = ("mean_squared_error", "mean_absolute_error", "binary_cross_entropy_with_logits")


def try_step(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor], run) -> None:
    """Take one batch through the network, the loss, the backward pass and the metric.

    Args:
        model: the network; it stays as it is.
        batch: (inputs, targets), the first of the run.
        run: the run.

    Raises:
        OwnCodeError: they do not fit; one sentence.
    """
    inputs, targets = batch
    given = f"inputs {shape(inputs)} and targets {shape(targets)}"
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise OwnCodeError(f"{_of(run.model)}: the network has no parameters to train; give it some")
    threads = torch.get_num_threads()
    # A pool of threads would be left in this process, which has to be quiet while others train.
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            trial = copy.deepcopy(model)
            outputs = _call(trial, (inputs,), run.model, f"the network cannot take inputs {shape(inputs)}")
            _require_fit(outputs, targets, run)
            loss = _call(
                make_loss(run), (outputs, targets), run.loss, f"{run.loss} cannot take {_pair(outputs, targets)}"
            )
            if not isinstance(loss, torch.Tensor) or loss.dim() or not loss.requires_grad:
                raise OwnCodeError(
                    f"{_of(run.loss)}: {run.loss} gives {_kind(loss)} and must give a tensor of one number that "
                    "depends on the outputs, the mean over the batch"
                )
            _call(loss.backward, (), run.loss, f"the backward pass fails on {given} of the data")
            metric = run.metric["function"]
            values = _call(
                make_metric(run), (outputs.detach(), targets), metric, f"{metric} cannot take {_pair(outputs, targets)}"
            )
            _require_number(values, metric)
    finally:
        torch.set_num_threads(threads)


def _call(function, arguments: tuple, named: str | dict, what: str):
    """Call what may be the user's; an error becomes a sentence with the place in the user's files."""
    try:
        return function(*arguments)
    except Exception as error:
        at = f"{where(error, named)}: " if own.is_own(named) else ""
        raise OwnCodeError(f"{at}{what}: {said(error)}") from error


def _require_fit(outputs, targets: torch.Tensor, run) -> None:
    """Refuse outputs that torch would take for something else than what the loss or the metric needs."""
    at = f"{_of(run.model)}: the network gives {_kind(outputs)}"
    if not isinstance(outputs, torch.Tensor):
        raise OwnCodeError(f"{at}; give one tensor")
    for name in (run.loss, run.metric["function"]):
        if name in VALUE_BY_VALUE and outputs.shape != targets.shape:
            raise OwnCodeError(f"{at}, but {name} needs the shape of the targets, {tuple(targets.shape)}; reshape one")
    if run.loss == "cross_entropy" and not targets.is_floating_point() and outputs.dim() > 1:
        lowest, highest = int(targets.min()), int(targets.max())
        if lowest < 0 or highest >= outputs.shape[1]:
            raise OwnCodeError(
                f"{at}, so for {outputs.shape[1]} classes, but the targets go from {lowest} to {highest}"
            )
    if run.metric["function"] == "accuracy" and outputs.shape != targets.shape:
        classes = (outputs.shape[0], *outputs.shape[2:])
        if outputs.dim() < 2 or classes != tuple(targets.shape):
            raise OwnCodeError(
                f"{at}, which accuracy cannot compare with targets {shape(targets)}; name another metric in the config"
            )


def _require_number(values, metric: str) -> None:
    try:
        torch.as_tensor(values).sum(dtype=torch.float64).item()
    except Exception:
        raise OwnCodeError(f"{_of(metric)}: {metric} gives {_kind(values)} and must give a number") from None


def _of(named: str | dict) -> str:
    """Say which code is meant: the file and line of the user's, or the name of ours."""
    return where(None, named) if own.is_own(named) else str(named)


def _pair(outputs: torch.Tensor, targets: torch.Tensor) -> str:
    return f"outputs {shape(outputs)} and targets {shape(targets)}"


def shape(tensor: torch.Tensor) -> str:
    """Say a tensor's shape and dtype: "of shape (32, 10), float32"."""
    return f"of shape {tuple(tensor.shape)}, {str(tensor.dtype).removeprefix('torch.')}"


def _kind(value) -> str:
    return f"a tensor {shape(value)}" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
