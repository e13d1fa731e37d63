"""The test of a trained network, the line of its time, the chart of its losses."""

import inspect

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from casual_training import original
from casual_training.workload import models

DOCUMENTED = {
    "train_model": "(model, train_dataloader, num_processes, epochs_per_process, optimizer, device='cpu', "
    "log_interval=10, loss_tracker=None, seed=42)",
    "log_elapsed_time": "(num_processes, epochs_per_process, start, end)",
    "chart_losses": "(losses_dict, title='Comparing Training Losses Across Configurations')",
    "launch_ps_and_workers": "(world_size, epochs_per_worker, num_gpus, train_dataloader, test_dataloader)",
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_names_arguments_and_defaults_are_those_that_the_original_documents(name):
    arguments = inspect.signature(getattr(original, name)).parameters.values()
    plain = inspect.Signature([each.replace(annotation=inspect.Parameter.empty) for each in arguments])
    assert str(plain) == DOCUMENTED[name]


class LogSoftmax(nn.Sequential):
    def __init__(self, model):
        super().__init__(model, nn.LogSoftmax(dim=1))


def test_the_loss_is_a_mean_over_samples_in_eval_mode(sample, test_loader, capsys):
    torch.manual_seed(1)
    model = models.build("ps_net")  # with dropout
    accuracy, loss = original.test(model, "cpu", test_loader)
    inputs, targets = sample[1].tensors
    with torch.inference_mode():
        outputs = model.eval()(inputs)
    assert loss == pytest.approx(nn.functional.cross_entropy(outputs, targets).item(), rel=1e-5)
    assert accuracy == (outputs.argmax(1) == targets).sum().item() / 200
    assert capsys.readouterr().out == f"test: loss {loss:.4f}, accuracy {accuracy:.2%} ({accuracy * 200:.0f} of 200)\n"


def test_logits_and_log_probabilities_have_the_same_loss(test_loader):
    model = models.build("simple_nn")
    accuracy, loss = original.test(model, "cpu", test_loader)
    assert original.test(LogSoftmax(model), "cpu", test_loader) == (accuracy, pytest.approx(loss, rel=1e-5))


@pytest.mark.parametrize(
    ("device", "loader", "sentence"),
    [
        ("tpu", [], "device is 'tpu'"),
        ("cpu", [], "test_dataloader has no batches"),
        ("cpu", [torch.ones(2, 784)], "test_dataloader gives batches of another form"),
    ],
)
def test_a_mistake_is_one_sentence(device, loader, sentence):
    with pytest.raises(ValueError, match=sentence):
        original.test(nn.Linear(784, 10), device, loader)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is one")
def test_an_accelerator_that_is_not_there_is_one_sentence(test_loader):
    with pytest.raises(ValueError, match="device is 'mps', which torch does not find on this machine"):
        original.test(nn.Linear(784, 10), "mps", test_loader)


@pytest.mark.parametrize(
    ("processes", "epochs", "line"),
    [
        (1, 4, "1 process x 4 epochs: 2.50 s"),
        (2, 2, "2 processes x 2 epochs: 2.50 s"),
        (4, 1, "4 processes x 1 epoch: 2.50 s"),
    ],
)
def test_the_line_of_a_configuration_says_how_many_processes_it_had(processes, epochs, line, capsys):
    original.log_elapsed_time(processes, epochs, 10.0, 12.5)
    assert capsys.readouterr().out == f"{line}\n"


def test_the_chart_has_a_line_for_each_configuration_and_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    losses = {"1 process x 4 epochs NN": [2.0, 1.5, 1.0], "4 processes x 1 epoch NN": [2.1, 1.4]}
    figure = original.chart_losses(losses, title="Mine")
    (axes,) = figure.axes
    assert isinstance(figure, Figure)
    assert axes.get_title() == "Mine"
    assert [line.get_ydata().tolist() for line in axes.lines] == list(losses.values())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(losses)
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")


def test_a_chart_of_nothing_is_one_sentence():
    with pytest.raises(ValueError, match="losses_dict is empty"):
        original.chart_losses({})
