"""How good a trained network is: its metric and loss on data it was not trained on, after the clock has stopped."""

import math

import torch

from casual_training.errors import RunFailed
from casual_training.measure.recorder import Recorder
from casual_training.runs.prepare import PreparedRun
from casual_training.workload.samples import Samples

BATCH = 100  # samples at a time; more do not fit the caches and take longer, fewer cost calls


@torch.inference_mode()
def evaluate(prepared: PreparedRun, inputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, float]:
    """Return (metric, loss) of the network in eval mode, so without dropout; both are means over the samples.

    Args:
        prepared: the run; its model is evaluated as it is now, and left in eval mode.
        inputs: (N, ...) as the network takes them.
        targets: (N, ...) as the loss takes them.
    """
    prepared.model.eval()
    total_metric = total_loss = 0.0
    for some_inputs, some_targets in zip(inputs.split(BATCH), targets.split(BATCH), strict=True):
        outputs = prepared.model(some_inputs)
        values = torch.as_tensor(prepared.compute_metric(outputs, some_targets))
        # In this order, so that a count of right answers stays a whole number.
        total_metric += values.sum(dtype=torch.float64).item() * len(some_targets) / values.numel()
        total_loss += prepared.compute_loss(outputs, some_targets).item() * len(some_targets)
    return total_metric / len(targets), total_loss / len(targets)


def evaluate_run(prepared: PreparedRun, recorder: Recorder) -> dict:
    """Evaluate the trained network on the test data, and the snapshots of its weights on the validation data.

    Returns:
        validation_metric (the last one), test_metric, test_loss and curve, as of Record.

    Raises:
        RunFailed: "diverged", if the loss on the test data or the metric is not a finite number.
    """
    run, splits = prepared.run, prepared.splits
    torch.set_num_threads(run.cores)
    test_metric, test_loss = evaluate(prepared, *splits.test.stacked())
    if not math.isfinite(test_loss):
        raise RunFailed("diverged", f"the loss on the test data is {test_loss} after training")
    curve = _curve(prepared, splits.validation, recorder)
    for where, value in [("test", test_metric), *(("validation", point["validation_metric"]) for point in curve)]:
        if not math.isfinite(value):
            raise RunFailed("diverged", f"{run.metric['name']} on the {where} data is {value}")
    return {
        "validation_metric": curve[-1]["validation_metric"],
        "test_metric": test_metric,
        "test_loss": test_loss,
        "curve": curve,
    }


def _curve(prepared: PreparedRun, validation: Samples, recorder: Recorder) -> list[dict]:
    """Evaluate each snapshot and the final weights, which the network holds again afterwards."""
    model, samples, curve = prepared.model, validation.stacked(), []
    final = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for moment, n_samples, weights in [*recorder.snapshots.taken(), (recorder.ended, recorder.samples, final)]:
        model.load_state_dict(weights)
        metric, _ = evaluate(prepared, *samples)
        curve.append({"samples": n_samples, "seconds": moment - recorder.started, "validation_metric": metric})
    return curve
