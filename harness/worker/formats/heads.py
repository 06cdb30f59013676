"""Heads and losses that several formats share; a head maps hidden states [positions, hidden] to logits."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.spec.model import Architecture
from harness.worker.format import Feature, MicroBatch


class LinearHead(nn.Module):
    """One linear layer."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.out = nn.Linear(architecture.hidden, classes)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [positions, classes]."""
        return self.out(hidden)  # type: ignore[no-any-return]


class PooledHead(nn.Module):
    """A tanh layer, then a linear one: RoBERTa's classification head on the first token."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.hidden, architecture.hidden)
        self.out = nn.Linear(architecture.hidden, classes)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [positions, classes]."""
        return self.out(torch.tanh(self.dense(hidden)))  # type: ignore[no-any-return]


def class_loss(logits: Tensor, batch: MicroBatch) -> Tensor:
    """Sum of cross-entropies over the positions."""
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


def best_classes(logits: Tensor, batch: MicroBatch) -> list[list[int]]:
    """The likeliest class at each position, a list a feature."""
    best = logits.argmax(-1).tolist()
    counts = [len(feature.positions) for feature in batch.features]
    ends = torch.tensor(counts).cumsum(0).tolist()
    return [best[end - count : end] for count, end in zip(counts, ends, strict=True)]


def positions_weight(feature: Feature) -> int:
    """One unit of weight a position: an example (pair), a labelled word (tagging), a masked token (mlm)."""
    return len(feature.positions)


def label_count(labels: tuple[str, ...], vocabulary: int) -> int:
    """Classes of a head whose classes are the task's labels."""
    return len(labels)
