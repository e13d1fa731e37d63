"""The plain training script, on small synthetic inputs."""

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset

from casual_training.original import networks, torchvision_data, train_example
from casual_training.original.train_plain import train_plain


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


@pytest.mark.parametrize("name", torchvision_data.SOURCES)
@pytest.mark.parametrize(("mode", "size"), [("L", (28, 28)), ("RGB", (32, 32))])
def test_pictures_are_fitted_to_the_networks(name, mode, size):
    fitted = torchvision_data.fitted(torchvision_data.SOURCES[name])(Image.new(mode, size))
    assert (fitted.shape, fitted.dtype) == ((3, 32, 32), torch.float32)


def unreachable(**arguments):
    raise OSError("<urlopen error [Errno -2] Name or service not known>")


@pytest.mark.parametrize("name", torchvision_data.SOURCES)
def test_without_a_network_the_data_are_one_sentence(name, tmp_path, monkeypatch, capsys):
    source = torchvision_data.Source(unreachable, {}, {}, (0,) * 3, (1,) * 3)
    monkeypatch.setattr(torchvision_data, "SOURCES", {name: source})
    sentence = f"torchvision could not give {name} .*not known>.*: run this again with a network"
    with pytest.raises(ValueError, match=sentence) as error:
        torchvision_data.loaders(name, tmp_path)
    with pytest.raises(SystemExit, match="1"):
        train_example.main(["--dataset", name, "--data-dir", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[-1] == f"lenet5    {name:10}  {error.value}"


def test_a_grid_ends_with_a_table_whatever_cells_fail(monkeypatch, capsys):
    def loaders(name, data_dir):
        if name == "svhn":
            raise ValueError("no svhn today")
        return DataLoader(made_up(16), batch_size=8), DataLoader(made_up(8), batch_size=8)

    def build(name):
        if name == "vgg16":
            raise MemoryError("too large")
        return networks.NETWORKS["lenet5"]()

    monkeypatch.setattr(torchvision_data, "loaders", loaders)
    monkeypatch.setattr(networks, "build", build)
    grid = ["--model", *networks.NETWORKS, "--dataset", *torchvision_data.SOURCES, "--epochs", "1"]
    with pytest.raises(SystemExit, match="1"):
        train_example.main(grid)
    said = capsys.readouterr()
    assert said.err.count("epoch 1 of 1, batch 2 of 2: loss") == 4  # a line of progress a cell that can be made
    heading, *cells = said.out.splitlines()[-10:]
    assert heading.split() == ["network", "data", "set", "accuracy", "loss", "evaluation", "(s)"]
    assert [tuple(cell.split()[:2]) for cell in cells] == [
        (model, dataset) for dataset in torchvision_data.SOURCES for model in networks.NETWORKS
    ]
    for cell in cells:
        model, dataset, *result = cell.split()
        if dataset == "svhn":
            assert " ".join(result) == "no svhn today"
        elif model == "vgg16":
            assert " ".join(result) == "MemoryError: too large"
        else:
            accuracy, loss, seconds = result
            assert accuracy.endswith("%") and float(loss) > 0 and float(seconds) >= 0


def test_a_grid_of_which_everything_came_leaves_quietly(monkeypatch, capsys):
    monkeypatch.setattr(torchvision_data, "loaders", lambda *arguments: [DataLoader(made_up(8), batch_size=8)] * 2)
    train_example.main(["--epochs", "1"])
    assert len(capsys.readouterr().out.splitlines()) == 1 + 2 + 2  # what it trains, its test, the table


BAD_INPUT = {
    "device is 'tpu'": {"device": "tpu"},
    "epochs is 0": {"epochs": 0},
    "model has no parameters": {"model": torch.nn.ReLU()},
    "train_loader gives batches of another form": {"train_loader": [torch.ones(2)]},
    "test_loader has no batches": {"test_loader": []},
}


@pytest.mark.parametrize("sentence", BAD_INPUT)
def test_a_mistake_is_one_sentence(sentence):
    loader = DataLoader(made_up(8), batch_size=8)
    arguments = {"model": networks.LeNet5(), "train_loader": loader, "test_loader": loader, "device": "cpu"}
    with pytest.raises(ValueError, match=sentence) as error:
        train_plain(**arguments | {"epochs": 1} | BAD_INPUT[sentence])
    assert "\n" not in str(error.value)


def test_no_epochs_is_one_sentence_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(torchvision_data, "loaders", lambda *arguments: pytest.fail("it fetched"))
    with pytest.raises(ValueError, match="--epochs is 0"):
        train_example.main(["--epochs", "0"])
