"""The larger convolutional net of the original study's parameter-server part.

1,199,882 parameters, about 72 MFLOP a training sample of 1 x 28 x 28: 55 times the weights and 28 times the arithmetic
of simple_nn.

Source: the network of PyTorch's parameter-server tutorial, as the original study describes it. It returns logits: the
original's final log-softmax and negative log-likelihood are what a cross entropy does by itself. Its second dropout is
written Dropout2d there, which on a (B, 128) input drops single values and warns about it; Dropout does the same.
"""

import torch
from torch import nn


class PSNet(nn.Module):
    """Two 3 x 3 convolutions and two linear layers with dropout: (B, 1, 28, 28) float32 -> (B, 10) logits."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.dropout2d = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(9216, 128)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Classify images: (B, 1, 28, 28) float32, normalised -> (B, 10) logits."""
        hidden = nn.functional.relu(self.conv1(images))  # (B, 32, 26, 26)
        hidden = nn.functional.max_pool2d(nn.functional.relu(self.conv2(hidden)), 2)  # (B, 64, 12, 12)
        hidden = self.dropout2d(hidden).flatten(1)
        hidden = nn.functional.relu(self.fc1(hidden))
        return self.fc2(self.dropout(hidden))


def build() -> nn.Module:
    """Build the net with torch's default initialisation."""
    return PSNet()
