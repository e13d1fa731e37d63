"""A trained network is judged by the loss and the metric of its workload."""

import pytest
import torch

from casual_training.runs.evaluate import BATCH, evaluate
from casual_training.runs.prepare import PreparedRun
from casual_training.workload import metrics
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.metrics import make_metric
from training import make_run


def evaluated(inputs, targets, loss, metric) -> tuple[float, float]:
    """Evaluate a network that gives its inputs back."""
    named = {"name": metric, "function": metric, "higher_is_better": metric == "accuracy"}
    run = make_run(loss=loss, metric=named)
    prepared = PreparedRun(run, None, None, torch.nn.Identity(), make_loss(run), make_metric(run))
    return evaluate(prepared, inputs, targets)


@pytest.mark.parametrize("n", [1, BATCH, BATCH + 1, 3 * BATCH - 7])
def test_metric_and_loss_are_means_over_the_samples_whatever_the_batches(n):
    inputs = torch.arange(n, dtype=torch.float32).unsqueeze(1)
    targets = torch.zeros(n, 1)
    found = evaluated(inputs, targets, "mean_squared_error", "mean_absolute_error")
    assert found == (pytest.approx((n - 1) / 2), pytest.approx((inputs**2).mean().item(), rel=1e-5))


@pytest.mark.parametrize("right", range(0, 208, 9))
def test_an_accuracy_is_exactly_the_share_of_right_answers(right):
    logits = torch.tensor([[0.0, 1.0]]).repeat(207, 1)
    targets = (torch.arange(207) < right).long()
    accuracy, _ = evaluated(logits, targets, "cross_entropy", "accuracy")
    assert accuracy == right / 207


def test_accuracy_counts_every_place_of_a_sequence():
    logits = torch.zeros(2, 3, 4)  # of which the first class is the answer
    targets = torch.tensor([[0, 0, 1, 2], [0, 1, 1, 0]])
    assert metrics.accuracy(logits, targets).float().mean().item() == 0.5
    accuracy, _ = evaluated(logits, targets, "cross_entropy", "accuracy")
    assert accuracy == 0.5


def test_accuracy_of_single_logits_is_yes_above_zero():
    logits, targets = torch.tensor([[-1.0], [2.0], [3.0], [-4.0]]), torch.tensor([[0.0], [1.0], [0.0], [1.0]])
    assert metrics.accuracy(logits, targets).flatten().tolist() == [True, True, False, False]


def test_errors_are_given_value_by_value():
    outputs, targets = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 2.5]])
    assert metrics.mean_squared_error(outputs, targets).tolist() == [[4.0, 0.25]]
    assert metrics.mean_absolute_error(outputs, targets).tolist() == [[2.0, 0.5]]
