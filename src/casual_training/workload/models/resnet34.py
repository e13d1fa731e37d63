"""The network of the original study's unified-memory part: ResNet34, with the stem and the 1000 outputs of ImageNet.

21,797,672 parameters, about 0.42 GFLOP a training sample of 1 x 28 x 28, whose one channel is repeated to three. Its
batch norm needs batches of two samples or more.

Source: He et al., "Deep Residual Learning for Image Recognition" (2016), as torchvision has it, untrained.
"""

import torch
import torchvision
from torch import nn


class ResNet34(nn.Module):
    """torchvision's ResNet34 behind a grey picture: (B, 1, 28, 28) float32 -> (B, 1000) logits, ten of them in use."""

    def __init__(self):
        super().__init__()
        self.resnet = torchvision.models.resnet34()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Classify images: (B, 1, 28, 28) float32, normalised -> (B, 1000) logits; the classes are the first ones."""
        return self.resnet(images.expand(-1, 3, -1, -1))


def build() -> nn.Module:
    """Build the net with torchvision's initialisation."""
    return ResNet34()
