"""The plain training script, on small made-up inputs."""

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset

from casual_training.original import networks, plain_data, train_example
from casual_training.original.plain import train_plain


def made_up(n_samples):
    torch.manual_seed(1)
    targets = torch.arange(n_samples) % 2
    images = torch.randn(n_samples, 3, 32, 32) + targets.reshape(-1, 1, 1, 1)
    return TensorDataset(images, targets)


@pytest.mark.parametrize(("name", "classes"), [("lenet5", 10), ("resnet34", 1000), ("vgg16", 1000)])
def test_each_network_takes_small_pictures(name, classes):
    with torch.device("meta"):  # shapes without weights: VGG16 has 138 million
        assert networks.build(name).eval()(torch.empty(2, 3, 32, 32)).shape == (2, classes)


@pytest.mark.parametrize(("name", "samples", "epochs", "least"), [("lenet5", 64, 4, 0.9), ("resnet34", 8, 1, 0)])
def test_plain_training_shows_its_progress_and_what_came_of_it(name, samples, epochs, least, capsys):
    torch.manual_seed(1)
    loader, test_loader = DataLoader(made_up(samples), batch_size=4), DataLoader(made_up(20), batch_size=16)
    accuracy, loss, seconds = train_plain(networks.build(name), loader, test_loader, "cpu", epochs)
    assert accuracy >= least
    assert loss > 0
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith(
        f"epoch {epochs} of {epochs}, batch {samples // 4} of {samples // 4}: loss "
    )
    assert said.out.startswith(f"test: loss {loss:.4f}, accuracy {accuracy:.2%}")
    assert said.out.endswith(f"evaluation: {seconds:.2f} s\n")


def test_on_a_terminal_one_line_shows_every_batch(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    loader = DataLoader(made_up(16), batch_size=8)
    train_plain(networks.build("lenet5"), loader, loader, "cpu", 1)
    first, second = capsys.readouterr().err.removeprefix("\r").split("\r")
    assert first.startswith("epoch 1 of 1, batch 1 of 2: loss ")
    assert second.startswith("epoch 1 of 1, batch 2 of 2: loss ")
    assert second.endswith("\n")


@pytest.mark.parametrize("name", plain_data.SOURCES)
@pytest.mark.parametrize(("mode", "size"), [("L", (28, 28)), ("RGB", (32, 32))])
def test_pictures_are_fitted_to_the_networks(name, mode, size):
    fitted = plain_data.fitted(plain_data.SOURCES[name])(Image.new(mode, size))
    assert (fitted.shape, fitted.dtype) == ((3, 32, 32), torch.float32)


@pytest.mark.parametrize("name", plain_data.SOURCES)
def test_without_a_network_the_data_are_one_sentence(name, tmp_path, monkeypatch):
    def unreachable(**arguments):
        raise OSError("<urlopen error [Errno -2] Name or service not known>")

    monkeypatch.setattr(plain_data, "SOURCES", {name: plain_data.Source(unreachable, {}, {}, (0,) * 3, (1,) * 3)})
    with pytest.raises(ValueError, match=f"torchvision could not give {name} .*not known>.*: run this again with a ne"):
        train_example.main(["--dataset", name, "--data-dir", str(tmp_path)])


def test_no_epochs_is_one_sentence_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(plain_data, "loaders", lambda *arguments: pytest.fail("it fetched"))
    with pytest.raises(ValueError, match="--epochs is 0"):
        train_example.main(["--epochs", "0"])
