"""Samples as torchvision's own data sets give them: a picture each, through transforms, when it is asked for."""

import torch
from PIL import Image, ImageFile  # noqa: F401 - Image imports ImageFile at its first use, which would be timed
from torchvision import transforms

from casual_training.workload.datasets import Dataset


class Pictures(torch.utils.data.Dataset):
    """A data set of (picture, label), each picture converted to a tensor and normalised by itself.

    Args:
        images: (N, 28, 28) uint8.
        targets: (N,) int64.
        dataset: says how images are normalised.
    """

    def __init__(self, images: torch.Tensor, targets: torch.Tensor, dataset: Dataset):
        self.images, self.targets = images, targets
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((dataset.mean,), (dataset.std,))]
        )

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Return one sample: (1, 28, 28) float32 and its label."""
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.targets[index])
