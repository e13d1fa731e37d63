"""The image data sets a study can name, and how one is read: verified, split, normalised.

A data set is four raw IDX files in {data_dir}/{name}/. Their sha256 stands here over the unpacked bytes,
because the same data is handed out in gzip files that differ. Numpy only, never torch: Snakemake imports this
file to check a study.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from casual_training.workload import idx_files

# Decides which training images are set aside for validation: the same ones whatever the seed of a run.
SPLIT_SEED = 20170825


@dataclass(frozen=True)
class Dataset:
    """One data set: what its four files must be, and how its images are split and normalised."""

    name: str
    title: str
    sha256: dict[str, str]  # of the unpacked files: training images and labels, test images and labels
    mean: float  # of the training pixels, scaled to 0..1
    std: float
    n_train: int = 60_000  # images in the training file, the validation images among them
    n_test: int = 10_000
    n_validation: int = 5_000
    n_classes: int = 10
    input_shape: tuple[int, int, int] = (1, 28, 28)
    torchvision_class: str | None = None
    debian_package: str | None = None

    @property
    def available(self) -> int:
        """The training samples that there are beside the validation samples."""
        return self.n_train - self.n_validation

    def shape(self, file: str) -> tuple[int, ...]:
        """Return the shape of the array in one of the four files: (N,) for labels, (N, rows, columns) for images."""
        n = self.n_train if file.startswith("train") else self.n_test
        return (n, *self.input_shape[1:]) if "images" in file else (n,)


@dataclass(frozen=True, eq=False)
class ImageSplits:
    """Images as uint8 (N, rows, columns) and labels as int64 (N,), for each of the three sets."""

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


FASHION_MNIST = Dataset(
    name="fashion_mnist",
    title="Fashion-MNIST",
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    mean=0.2860,
    std=0.3530,
    torchvision_class="FashionMNIST",
    debian_package="dataset-fashion-mnist",
)

MNIST = Dataset(
    name="mnist",
    title="MNIST",
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    mean=0.1307,
    std=0.3081,
    torchvision_class="MNIST",
)

# For tests: tests/data/README.md says how it was taken. Its mean and std are those of the whole.
FASHION_MNIST_SAMPLE = Dataset(
    name="fashion_mnist_sample",
    title="Fashion-MNIST (sample)",
    sha256={
        "train-images-idx3-ubyte": "028fe5199a551cfefb03adb0c90e23711cb64f36c42552a19361b6da46993fd3",
        "train-labels-idx1-ubyte": "eb4214c489056667c2ba417567865e89dbd080646c3e6a71027e71423577604f",
        "t10k-images-idx3-ubyte": "c5778dde4e96eeb34657888930a98f527ac6b0cb35e9e969ba53f01dfce868bd",
        "t10k-labels-idx1-ubyte": "3bf96d4b7566f51d8726eb6088e70eb796c98349a6135181dddfcc5bc590cf72",
    },
    mean=0.2860,
    std=0.3530,
    n_train=800,
    n_test=200,
    n_validation=160,
)

DATASETS = {dataset.name: dataset for dataset in (FASHION_MNIST, MNIST, FASHION_MNIST_SAMPLE)}


def get(name: str) -> Dataset:
    """Return the registered data set of this name; ValueError, with the known names, when there is none."""
    if name not in DATASETS:
        raise ValueError(f"dataset {name!r} is not known: choose one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def verify_file(name: str, data_dir: str | Path, file: str) -> str:
    """Return the sha256 of one raw file; ValueError when it is missing or not the one in the registry."""
    path = Path(data_dir) / name / file
    if not path.is_file():
        raise ValueError(f"{path} is missing: run `casual-training fetch {name} --data-dir {data_dir}`.")
    with open(path, "rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    if digest != get(name).sha256[file]:
        raise _refused(path, name, "is truncated or altered, its sha256 is not the one registered")
    return digest


def load(name: str, data_dir: str | Path, train_samples: int | None = None) -> ImageSplits:
    """Read a data set, verifying its files.

    Args:
        name: name in DATASETS.
        data_dir: folder that holds a folder of that name.
        train_samples: keep only the first so many training samples; None keeps them all.

    Returns:
        The three sets; training and validation samples in the order of the split, test samples in the file's.

    Raises:
        ValueError: unknown name, missing or altered file, label out of range, train_samples out of range.
    """
    dataset = get(name)
    available = dataset.available
    kept = available if train_samples is None else train_samples
    if not 1 <= kept <= available:
        raise ValueError(f"train_samples is {kept}: choose 1 to {available}, which is all {name} has, or leave it out.")
    images, labels, test_images, test_labels = (_read(name, data_dir, file) for file in dataset.sha256)
    validation, train, _ = np.split(split_order(dataset.n_train), [dataset.n_validation, dataset.n_validation + kept])
    return ImageSplits(images[train], labels[train], images[validation], labels[validation], test_images, test_labels)


def split_order(samples: int) -> np.ndarray:
    """Return the order, (samples,) int64, in which samples are dealt out: to validation first, then to training."""
    # Sorted raw output of PCG64, not Generator.permutation: numpy promises only the former to stay the same.
    return np.argsort(np.random.PCG64(SPLIT_SEED).random_raw(samples))


def _read(name: str, data_dir: str | Path, file: str) -> np.ndarray:
    verify_file(name, data_dir, file)
    dataset, path = get(name), Path(data_dir) / name / file
    array = idx_files.read(path)
    if array.shape != dataset.shape(file):
        raise _refused(path, name, f"has shape {array.shape} instead of {dataset.shape(file)}")
    if array.ndim > 1:
        return array
    if array.max() >= dataset.n_classes:
        raise _refused(path, name, f"has label {array.max()}, out of range for {dataset.n_classes} classes")
    return array.astype(np.int64)


def _refused(path: Path, name: str, why: str) -> ValueError:
    folder = path.parent.parent
    return ValueError(f"{path} {why}: delete it and run `casual-training fetch {name} --data-dir {folder}`.")


def normalise(images: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Scale uint8 images (N, rows, columns) to float32 (N, *input_shape) by the data set's mean and std."""
    scaled = images.reshape(-1, *dataset.input_shape).astype(np.float32)
    # In torchvision's order (ToTensor, then Normalize), so that both input pipelines give the same values.
    scaled /= 255
    scaled -= dataset.mean
    scaled /= dataset.std
    return scaled
