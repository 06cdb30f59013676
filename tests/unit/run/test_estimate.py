"""Compute of phases that have not been run, estimated."""

from dataclasses import replace
from typing import Any

from harness.plan.flops import encoder_forward
from harness.run.estimate import model_flops
from harness.spec.phase import architecture


def test_retrieval_encodes_both_sides_of_a_row_up_to_its_layer(make: Any) -> None:
    leaf = next(leaf for leaf in make.study().leaves if leaf.data.task == "tatoeba")
    length = leaf.window.max_length
    encoder = replace(architecture(leaf), layers=leaf.layer)
    assert leaf.layer < architecture(leaf).layers
    assert model_flops(leaf, lambda data: 10) == 10 * 2 * encoder_forward(encoder, length, length**2)
