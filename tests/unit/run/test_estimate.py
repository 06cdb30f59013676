"""Compute of phases that have not been run, estimated."""

from dataclasses import replace
from typing import Any

from harness.plan.network.flops import READING, Batch, batch_cost
from harness.run.bill.estimate import model_flops
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train, architecture
from harness.spec.task import Data, Part


def encoded(model: Architecture, length: int) -> int:
    return batch_cost(model, {}, Batch(1, (length,), length, None, 0, 0), READING).model


def test_retrieval_encodes_both_sides_of_a_row_at_every_layer(make: Any) -> None:
    leaf = next(leaf for leaf in make.study().leaves if leaf.data.task == "tatoeba")
    length = leaf.window.max_length
    assert model_flops(leaf, lambda data: 10) == 10 * 2 * encoded(architecture(leaf), length)


def test_candidates_apart_are_encoded_once_and_up_to_the_layer(make: Any) -> None:
    leaf = next(leaf for leaf in make.study().leaves if leaf.data.task == "tatoeba")
    leaf = replace(leaf, pool=Data("lareqa", 1, "retrieval", "candidates", (Part("en"),)))
    length = leaf.window.max_length
    encoder = replace(architecture(leaf), layers=leaf.layer)
    assert leaf.layer < architecture(leaf).layers
    assert model_flops(leaf, lambda data: 10) == (10 + 10) * encoded(encoder, length)


def test_choices_are_encoded_apart_and_scored_once_each(make: Any) -> None:
    trained = next(leaf.of for leaf in make.study().leaves if isinstance(leaf.of, Train))
    leaf = Evaluate(trained, Data("endings", 1, "choice", "test", (Part("en"),)), trained.recipe.window)
    model, length = architecture(leaf), leaf.window.max_length
    head = 2 * model.hidden * model.hidden + 2 * model.hidden
    assert model_flops(leaf, lambda data: 10) == 10 * 4 * (encoded(model, length) + head)
