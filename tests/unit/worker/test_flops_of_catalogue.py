"""Parameters and FLOPs of the catalogue's models at their true width, on the meta device, against torch's counter."""

from dataclasses import replace

import pytest

from benchmarks.flops import cost_of, counted, on_meta
from harness.catalog import find
from harness.plan.network.flops import READING, TRAINING
from harness.plan.network.size import size
from harness.spec.model import Architecture

LARGEST = ("xlm_r/xxl", "mt5/xxl", "bloom/176b", "llama/3.1-405b", "qwen3_moe/235b-a22b")
OF_OTHER_KINDS = ("mmbert/base", "rembert/base", "qwen3/32b", "apertus/70b")


def _equal_the_counter(architecture: Architecture) -> None:
    encoder = on_meta(architecture)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == size(architecture).parameters
    for through in (READING, TRAINING):
        found = counted(encoder, architecture, through)
        assert cost_of(architecture, through).hardware == pytest.approx(found, rel=1e-3)


@pytest.mark.parametrize("name", LARGEST + OF_OTHER_KINDS)
def test_two_layers_cost_what_the_counter_sees(name: str) -> None:
    _equal_the_counter(replace(find.model(name).architecture, layers=2))


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGEST)
def test_all_layers_of_the_largest_cost_what_the_counter_sees(name: str) -> None:
    _equal_the_counter(find.model(name).architecture)


def test_xlm_r_large_costs_what_transformers_gives_without_its_pooler() -> None:
    pooler = 8 * 2 * 1024**2
    assert 8 * cost_of(find.model("xlm_r/large").architecture, READING).hardware == 2_680_076_369_920 - pooler
