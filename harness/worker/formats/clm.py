"""Causal language modelling: every token is predicted from those before it, through the tied embeddings."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from harness.spec.example import TextExample
from harness.spec.model import Architecture
from harness.worker.format import Feature, Reading
from harness.worker.formats import mlm


class TiedHead(nn.Module):
    """The embeddings again, without a bias, as decoders with tied embeddings have it."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.weight = embeddings.weight

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [positions, vocabulary]."""
        return functional.linear(hidden, self.weight)


def encode(examples: Sequence[TextExample], reading: Reading) -> list[Feature]:
    """The sequences of masked language modelling, whole, every token but the first to be predicted.

    What stands behind a text is predicted where it ends, not where the window cut it.
    """
    features = mlm.encode(examples, reading)
    following = [*(feature.example for feature in features[1:]), None]
    return [_predicted(feature, feature.example == after) for feature, after in zip(features, following, strict=True)]


def _predicted(feature: Feature, is_cut: bool) -> Feature:
    end = int(feature.origin[-1]) if is_cut else len(feature.tokens)
    return feature._replace(positions=np.arange(end - 1), targets=feature.tokens[1:end])


FORMAT = dataclasses.replace(mlm.FORMAT, encode=encode, head=TiedHead, vary=None)
