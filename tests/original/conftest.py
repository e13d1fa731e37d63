import pytest


@pytest.fixture(scope="session")
def sample(data_dir):
    """The real images that ship with the tests, as a user would hold them: (training set, test set) of tensors."""
    import torch
    from torch.utils.data import TensorDataset

    from casual_training.workload import datasets

    splits = datasets.load("fashion_mnist_sample", data_dir)

    def tensors(images, labels):
        return TensorDataset(
            torch.from_numpy(datasets.normalise(images, datasets.FASHION_MNIST_SAMPLE)), torch.from_numpy(labels)
        )

    return tensors(splits.train_images, splits.train_labels), tensors(splits.test_images, splits.test_labels)


@pytest.fixture(scope="session")
def train_loader(sample):
    from torch.utils.data import DataLoader

    return DataLoader(sample[0], batch_size=32, shuffle=True)


@pytest.fixture(scope="session")
def test_loader(sample):
    from torch.utils.data import DataLoader

    return DataLoader(sample[1], batch_size=64)  # 200 samples: the last batch is smaller
