"""Mistakes that the pipeline could have and that no error would tell: each breaks the real code until it is undone."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.files.predictions import write_predictions
from harness.spec.model import Pretrained, Scratch
from harness.spec.phase import Train
from harness.spec.task import Data
from harness.worker import evaluate, train, weights
from harness.worker.coder import Coder
from harness.worker.data import GlobalBatch, global_batches
from harness.worker.format import Feature, MicroBatch
from harness.worker.formats import mlm, retrieval
from harness.worker.library import Encoded, Library
from harness.worker.network import Network
from harness.worker.stored import Shards

Patch = pytest.MonkeyPatch

ENOUGH = 800  # steps of pretraining after which the demo meets all expectations, found by trying


def labels_shuffled(patch: Patch) -> None:
    """Training reads the labels of other rows."""
    real = Library.encoded

    def encoded(self: Library, data: Data, *given: Any) -> Encoded:
        mixed = dataclasses.replace(data, shuffled_labels=True) if data.split == "train" else data
        return real(self, mixed, *given)

    patch.setattr(Library, "encoded", encoded)


def positions_from_nought(patch: Patch) -> None:
    """Evaluation counts positions from 0, as BERT does, where training counts from the padding id + 1."""

    class FromNought(Network):
        def states(self, batch: MicroBatch) -> Tensor:
            places = torch.arange(batch.ids.shape[1]).expand_as(batch.ids)
            read = self.encoder(input_ids=batch.ids, attention_mask=batch.mask, position_ids=places)
            return read.last_hidden_state  # type: ignore[no-any-return]

    patch.setattr(evaluate, "Network", FromNought)


def encoder_not_handed_on(patch: Patch) -> None:
    """Every stage begins with random weights."""
    real = weights.shards_of

    def shards_of(start: Pretrained | Scratch | Train, runs: Path, heads: bool, root: Path | None = None) -> Shards:
        return real(start, runs, heads, root) if heads else {}  # heads are read by evaluations alone

    patch.setattr(weights, "shards_of", shards_of)


def intermediate_skipped(patch: Patch) -> None:
    """The target stage takes its encoder from the pretrained model, not from the stage before it."""
    real = weights.shards_of

    def shards_of(start: Pretrained | Scratch | Train, runs: Path, heads: bool, root: Path | None = None) -> Shards:
        skipped = isinstance(start, Train) and start.role == "intermediate" and not heads
        return real(start.start if skipped else start, runs, heads, root)  # type: ignore[union-attr]

    patch.setattr(weights, "shards_of", shards_of)


def head_not_found(patch: Patch) -> None:
    """Evaluation looks for the head under a wrong name and draws a fresh one."""
    patch.setattr(evaluate, "_as_head", lambda name, phase: name.replace("heads.", "head."))


def labels_in_another_order(patch: Patch) -> None:
    """Evaluation names the classes in the opposite order."""
    real = evaluate._decoded

    def decoded(encoded: Encoded, reduced: dict[int, Any], language: str) -> dict[str, Any]:
        turned = dataclasses.replace(encoded.data, labels=encoded.data.labels[::-1])
        return real(dataclasses.replace(encoded, data=turned), reduced, language)

    patch.setattr(evaluate, "_decoded", decoded)


def languages_swapped(patch: Patch, first: str, second: str) -> None:
    """The predictions of languages whose names begin with `first` are stored as those of `second`, and the reverse."""
    other = {first: second, second: first}

    def write(folder: Path, language: str, predictions: dict[str, Any]) -> Path:
        return write_predictions(folder, other.get(language[0], language[0]) + language[1:], predictions)

    patch.setattr(evaluate, "write_predictions", write)


def tags_one_word_off(patch: Patch) -> None:
    """Training reads each word's tag at the token after it."""

    def batches(sets: Sequence[Encoded], *given: Any) -> Iterator[GlobalBatch]:
        for batch in global_batches(sets, *given):
            moved = tuple(feature._replace(positions=feature.positions + 1) for feature in batch.features)
            yield dataclasses.replace(batch, features=moved)

    patch.setattr(train, "global_batches", batches)


def sentence_with_itself(patch: Patch) -> None:
    """Retrieval compares a candidate with itself."""

    def encode(examples: Sequence[Any], reading: Any) -> list[Feature]:
        return retrieval.encode([example._replace(query=example.candidate) for example in examples], reading)

    patch.setattr(retrieval, "FORMAT", dataclasses.replace(retrieval.FORMAT, encode=encode))


def ranked_upside_down(patch: Patch) -> None:
    """Retrieval takes the lowest similarities for the highest."""

    def write(folder: Path, language: str, predictions: dict[str, Any]) -> Path:
        return write_predictions(folder, language, {key: ranked[::-1] for key, ranked in predictions.items()})

    patch.setattr(evaluate, "write_predictions", write)


def masks_leak(patch: Patch) -> None:
    """Pretraining predicts tokens that it sees; fewer steps are enough to show it, since without the fault they do."""
    steps = train._steps

    def vary(feature: Feature, random: np.random.Generator, share: float, coder: Coder) -> Feature:
        return mlm.vary(feature, random, share, coder)._replace(tokens=feature.tokens)

    patch.setattr(mlm, "FORMAT", dataclasses.replace(mlm.FORMAT, vary=vary))
    patch.setattr(train, "_steps", lambda *given: min(ENOUGH, steps(*given)))
