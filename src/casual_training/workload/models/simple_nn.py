"""The small convolutional net of the original study's Hogwild! part.

21,840 parameters, about 2.6 MFLOP a training sample of 1 x 28 x 28.

Source: the network of PyTorch's MNIST examples, as the original study describes it. It returns logits: the
original's final log-softmax changes nothing before a cross entropy, which applies its own.
"""

import torch
from torch import nn


class SimpleNN(nn.Module):
    """Two 5 x 5 convolutions and two linear layers with dropout: (B, 1, 28, 28) float32 -> (B, 10) logits."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.dropout2d = nn.Dropout2d(0.5)
        self.fc1 = nn.Linear(320, 50)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Classify images: (B, 1, 28, 28) float32, normalised -> (B, 10) logits."""
        hidden = nn.functional.relu(nn.functional.max_pool2d(self.conv1(images), 2))  # (B, 10, 12, 12)
        hidden = self.dropout2d(self.conv2(hidden))
        hidden = nn.functional.relu(nn.functional.max_pool2d(hidden, 2))  # (B, 20, 4, 4)
        hidden = nn.functional.relu(self.fc1(hidden.flatten(1)))
        return self.fc2(self.dropout(hidden))


def build() -> nn.Module:
    """Build the net with torch's default initialisation."""
    return SimpleNN()
