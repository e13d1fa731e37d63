"""The networks of the original's plain training script, by name.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), with the batch norm of Ioffe and
Szegedy (2015) after each convolution, for LeNet5; torchvision for ResNet34 and VGG16, untrained.
"""

import torch
import torchvision
from torch import nn

CHANNELS = 3
SIDE = 32  # pixels; VGG16 halves its input five times and takes nothing smaller


class LeNet5(nn.Module):
    """Two 5 x 5 convolutions with batch norm and three linear layers: (B, 3, 32, 32) float32 -> (B, 10) logits."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(CHANNELS, 6, kernel_size=5),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, 10),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Classify images: (B, 3, 32, 32) float32 -> (B, 10) logits."""
        return self.classifier(self.features(images).flatten(1))


NETWORKS = {
    "lenet5": LeNet5,
    "resnet34": torchvision.models.resnet34,  # with the stem and the 1000 outputs of ImageNet, as in the original
    "vgg16": torchvision.models.vgg16,  # 1000 outputs, too
}


def build(name: str) -> nn.Module:
    """Build an untrained network for (B, 3, 32, 32) float32; its first ten outputs are the classes."""
    return NETWORKS[name]()
