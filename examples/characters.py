"""Text: which character comes next, by a small transformer.

    snakemake --cores 4 --configfile examples/characters.yaml

The text comes with Python: the source of one of its modules. Nothing here knows of the study; examples/characters.yaml
names `make_data` and `make_network`.
"""

import importlib.util
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import Dataset

CHARACTERS = 128  # ASCII; what is not is left out
LENGTH = 64  # characters that the network sees at once


class Chunks(Dataset):
    """A text in pieces that do not overlap: (LENGTH,) int64 characters, and the same moved on by one."""

    def __init__(self, text: torch.Tensor):
        self.text = text

    def __len__(self) -> int:
        """Count the pieces."""
        return (len(self.text) - 1) // LENGTH

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a piece and the characters that follow each of its own."""
        start = index * LENGTH
        return self.text[start : start + LENGTH], self.text[start + 1 : start + LENGTH + 1]


def make_data(module: str = "argparse"):
    """Return (train, test): the first nine tenths of a module's source, and its end."""
    source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    text = torch.tensor([ord(character) for character in source if character.isascii()])
    cut = len(text) * 9 // 10
    return Chunks(text[:cut]), Chunks(text[cut:])


class Transformer(nn.Module):
    """A transformer that looks back only: (B, T) int64 characters -> (B, CHARACTERS, T) logits of the next ones."""

    def __init__(self, width: int, layers: int):
        super().__init__()
        self.characters = nn.Embedding(CHARACTERS, width)
        self.places = nn.Parameter(0.02 * torch.randn(LENGTH, width))
        layer = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=4 * width, dropout=0.1, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, layers)
        self.logits = nn.Linear(width, CHARACTERS)
        self.register_buffer("future", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        """Return the logits of the character after each; classes come second, where a cross entropy wants them."""
        hidden = self.layers(self.characters(text) + self.places, mask=self.future, is_causal=True)
        return self.logits(hidden).transpose(1, 2)


def make_network(width: int = 64, layers: int = 2) -> nn.Module:
    """Return a transformer with torch's default initialisation."""
    return Transformer(width, layers)
