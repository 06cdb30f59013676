"""Rotary frequencies are computed in fp32 whatever the stage and the precision: zero.Init would have them in bf16."""

from tests.parity.buffers import FAMILIES, SETTINGS, measured


def test_no_stage_and_no_precision_rounds_a_position() -> None:
    found = measured()
    assert len(found) == len(FAMILIES) * len(SETTINGS)
    assert {case: error for case, error in found.items() if error} == {}
