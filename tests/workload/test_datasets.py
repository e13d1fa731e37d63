"""A data set is read verified, split the same way every time, and normalised like torchvision does."""

import dataclasses
import gzip
import hashlib
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from casual_training.workload import datasets

NAME = "fashion_mnist_sample"
SHIPPED = Path(__file__).parents[1] / "data" / NAME
LABELS = "train-labels-idx1-ubyte"


@pytest.fixture
def data_dir(tmp_path):
    (tmp_path / NAME).mkdir()
    for file in datasets.get(NAME).sha256:
        (tmp_path / NAME / file).write_bytes(gzip.decompress((SHIPPED / f"{file}.gz").read_bytes()))
    return tmp_path


def replace_labels(monkeypatch, data_dir, labels):
    """Write other training labels and register their checksum: only their values or shape are wrong."""
    raw = struct.pack(f">{1 + labels.ndim}I", 0x0800 + labels.ndim, *labels.shape) + labels.tobytes()
    (data_dir / NAME / LABELS).write_bytes(raw)
    dataset = datasets.get(NAME)
    sha256 = dataset.sha256 | {LABELS: hashlib.sha256(raw).hexdigest()}
    monkeypatch.setitem(datasets.DATASETS, NAME, dataclasses.replace(dataset, sha256=sha256))


def split_indices(data_dir, monkeypatch, **options):
    """Where the training and validation samples stood in the file: each image holds its own index."""
    numbers = np.zeros((800, 28, 28), np.uint8)
    numbers[:, 0, 0], numbers[:, 0, 1] = np.arange(800) // 256, np.arange(800) % 256
    read = datasets.idx_files.read

    def numbered(path):
        return numbers if path.name == "train-images-idx3-ubyte" else read(path)

    with monkeypatch.context() as patch:
        patch.setattr(datasets.idx_files, "read", numbered)
        splits = datasets.load(NAME, data_dir, **options)
    return [
        images[:, 0, 0].astype(int) * 256 + images[:, 0, 1]
        for images in (splits.train_images, splits.validation_images)
    ]


def test_the_sample_loads_with_the_promised_shapes_types_and_balanced_classes(data_dir):
    splits = datasets.load(NAME, data_dir)
    for part, n in (("train", 640), ("validation", 160), ("test", 200)):
        images, labels = getattr(splits, f"{part}_images"), getattr(splits, f"{part}_labels")
        assert (images.shape, images.dtype) == ((n, 28, 28), np.uint8)
        assert (labels.shape, labels.dtype) == ((n,), np.int64)
    assert np.bincount(np.concatenate([splits.train_labels, splits.validation_labels])).tolist() == [80] * 10
    assert np.bincount(splits.test_labels).tolist() == [20] * 10


def test_training_and_validation_share_no_sample_and_leave_none_out(data_dir, monkeypatch):
    train, validation = split_indices(data_dir, monkeypatch)
    assert sorted([*train, *validation]) == list(range(800))


def test_the_split_is_the_one_of_every_run_before(data_dir, monkeypatch):
    train, validation = split_indices(data_dir, monkeypatch)
    assert validation[:5].tolist() == [196, 43, 66, 97, 476]
    assert train[:5].tolist() == [111, 554, 57, 595, 265]


def test_images_and_labels_stay_together_in_the_split(data_dir, monkeypatch):
    train, validation = split_indices(data_dir, monkeypatch)
    splits = datasets.load(NAME, data_dir)
    labels = datasets.idx_files.read(data_dir / NAME / LABELS)
    assert splits.train_labels.tolist() == labels[train].tolist()
    assert splits.validation_labels.tolist() == labels[validation].tolist()


def test_train_samples_keeps_the_first_and_never_touches_the_validation_set(data_dir, monkeypatch):
    train, validation = split_indices(data_dir, monkeypatch)
    fewer, same = split_indices(data_dir, monkeypatch, train_samples=10)
    assert fewer.tolist() == train[:10].tolist()
    assert same.tolist() == validation.tolist()


@pytest.mark.parametrize("n", [1, 640])
def test_train_samples_range_from_one_to_all(data_dir, n):
    assert len(datasets.load(NAME, data_dir, train_samples=n).train_labels) == n


@pytest.mark.parametrize("n", [-1, 0, 641])
def test_train_samples_out_of_range_is_refused_by_its_key(data_dir, n):
    with pytest.raises(ValueError, match=f"train_samples is {n}: choose 1 to 640"):
        datasets.load(NAME, data_dir, train_samples=n)


def test_an_unknown_data_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'cifar'.*fashion_mnist, mnist, fashion_mnist_sample"):
        datasets.get("cifar")


@pytest.mark.parametrize("file", datasets.get(NAME).sha256)
def test_one_flipped_bit_in_any_file_is_refused_before_training(data_dir, file):
    path = data_dir / NAME / file
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=f"{file} .*delete it and run `casual-training fetch {NAME} --data-dir "):
        datasets.load(NAME, data_dir)


def test_a_truncated_file_is_refused(data_dir):
    path = data_dir / NAME / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="t10k-images-idx3-ubyte is truncated or altered"):
        datasets.load(NAME, data_dir)


def test_a_missing_file_is_refused_with_the_command_that_brings_it(data_dir):
    (data_dir / NAME / LABELS).unlink()
    with pytest.raises(ValueError, match=f"{LABELS} is missing: run `casual-training fetch {NAME} --data-dir "):
        datasets.load(NAME, data_dir)


def test_a_label_out_of_range_is_refused(data_dir, monkeypatch):
    labels = np.zeros(800, np.uint8)
    labels[-1] = 10
    replace_labels(monkeypatch, data_dir, labels)
    with pytest.raises(ValueError, match=f"{LABELS} has label 10, out of range for 10 classes"):
        datasets.load(NAME, data_dir)


@pytest.mark.parametrize("shape", [(799,), (800, 1, 1)])
def test_a_file_of_other_dimensions_is_refused(data_dir, monkeypatch, shape):
    replace_labels(monkeypatch, data_dir, np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match=rf"{LABELS} has shape .* instead of \(800,\)"):
        datasets.load(NAME, data_dir)


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_every_registered_data_set_is_complete(name):
    dataset = datasets.DATASETS[name]
    assert dataset.name == name
    shapes = [dataset.shape(file) for file in dataset.sha256]
    images = dataset.input_shape[1:]
    assert shapes == [
        (dataset.n_train, *images),
        (dataset.n_train,),
        (dataset.n_test, *images),
        (dataset.n_test,),
    ]
    assert all(len(digest) == 64 for digest in dataset.sha256.values())
    assert 0 < dataset.n_validation < dataset.n_train


def test_normalised_training_images_have_about_zero_mean_and_unit_deviation(data_dir):
    images = datasets.load(NAME, data_dir).train_images
    normalised = datasets.normalise(images, datasets.get(NAME))
    assert (normalised.shape, normalised.dtype) == ((640, 1, 28, 28), np.float32)
    assert abs(normalised.mean()) < 0.05
    assert abs(normalised.std() - 1) < 0.05


def test_normalise_gives_the_values_of_torchvision(data_dir):
    transforms = pytest.importorskip("torchvision.transforms")
    dataset = datasets.get(NAME)
    images = datasets.load(NAME, data_dir, train_samples=20).train_images
    pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize(dataset.mean, dataset.std)])
    expected = np.stack([pipeline(image[:, :, None]).numpy() for image in images])
    np.testing.assert_allclose(datasets.normalise(images, dataset), expected, rtol=1e-6)


def test_normalise_leaves_the_images_it_is_given_as_they_were(data_dir):
    images = datasets.load(NAME, data_dir).test_images
    before = images.copy()
    datasets.normalise(images, datasets.get(NAME))
    np.testing.assert_array_equal(images, before)


def test_datasets_are_imported_without_torch():
    code = "import sys; import casual_training.workload.datasets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
