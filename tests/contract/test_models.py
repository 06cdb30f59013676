"""Every model of the catalogue: its tensors are those that transformers builds, its facts are all there."""

import math

import pytest
import transformers
from accelerate import init_empty_weights

from harness.catalog import find
from harness.plan.network.size import size, tensors
from harness.spec.model import Architecture
from harness.worker.encoder import build_encoder

# transformers' own counts, without poolers and language-model heads.
KNOWN = {
    "xlm_r/base": 277_453_056,
    "xlm_r/large": 558_840_832,
    "xlm_r/xl": 3_475_929_600,
    "xlm_r/xxl": 10_695_954_432,
    "bloom/176b": 176_247_271_424,
    "mt5/xxl": 5_655_173_120,
}


def _built(architecture: Architecture) -> transformers.PreTrainedModel:
    with init_empty_weights():
        encoder = build_encoder(architecture, dropout=0.0)
    encoder.tie_weights()  # accelerate gives each name a tensor of its own
    return encoder


@pytest.mark.parametrize("name", find.model_names())
def test_the_tensors_of_a_model_are_those_of_transformers(name: str) -> None:
    architecture = find.model(name).architecture
    built = _built(architecture)
    theirs = {own: tuple(parameter.shape) for own, parameter in built.named_parameters()}
    assert {weight.name: weight.shape for weight in tensors(architecture)} == theirs
    assert size(architecture).parameters == sum(map(math.prod, theirs.values())) == built.num_parameters()
    assert len(built.get_submodule(find.family(architecture.family).layers)) == architecture.layers


@pytest.mark.parametrize("name", KNOWN)
def test_a_model_has_as_many_parameters_as_is_known(name: str) -> None:
    assert size(find.model(name).architecture).parameters == KNOWN[name]


@pytest.mark.parametrize("name", find.model_names())
def test_a_published_model_says_what_it_is(name: str) -> None:
    model = find.model(name)
    if model.hub_id is None:
        return
    assert model.licence
    assert model.recipe["learning_rate"] > 0
    assert model.languages is None or "en" in model.languages


@pytest.mark.parametrize("name", ["qwen3_moe/30b-a3b", "qwen3_moe/235b-a22b"])
def test_a_mixture_of_experts_has_fewer_active_parameters(name: str) -> None:
    """The names tell both in billions, with the language-model head, which has as many as the embeddings."""
    architecture = find.model(name).architecture
    found, head = size(architecture), architecture.vocabulary * architecture.hidden
    total, active = (float(part.strip("ab")) for part in name.split("/")[1].split("-"))
    assert (found.parameters + head) / 1e9 == pytest.approx(total, rel=0.02)
    assert (found.active + head) / 1e9 == pytest.approx(active, rel=0.12)
