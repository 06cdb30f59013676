"""Small models of every family as transformers stores them: read here, they give transformers' own hidden states."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor

from harness.catalog import find
from harness.files.hub_names import ENCODER
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Scratch, TrainTokenizer
from harness.worker.drawing import drawn
from harness.worker.encoder import CONFIG, Beside, build_encoder
from harness.worker.stored import published
from tests.unit.worker.families import SMALL

# The class as which models of a family are published, and what their configurations have otherwise than by default.
PUBLISHED = {
    "xlm_r": ("XLMRobertaForMaskedLM", {}),
    "xlm_r_xl": ("XLMRobertaXLForMaskedLM", {}),
    "roberta": ("RobertaForMaskedLM", {}),
    "rembert": ("RemBertForMaskedLM", {"layer_norm_eps": 1e-3, "pad_token_id": 0}),
    "modernbert": ("ModernBertForMaskedLM", {"pad_token_id": 0, "norm_eps": 1e-3, "global_rope_theta": 50.0}),
    "mt5": ("MT5ForConditionalGeneration", {"layer_norm_epsilon": 1e-3}),
    "bloom": ("BloomForCausalLM", {"layer_norm_epsilon": 1e-3}),
    "llama": ("LlamaForCausalLM", {"rms_norm_eps": 1e-3, "rope_theta": 50.0}),
    "qwen3": ("Qwen3ForCausalLM", {"rms_norm_eps": 1e-3, "rope_theta": 50.0}),
    "apertus": ("ApertusForCausalLM", {"rms_norm_eps": 1e-3}),
    "qwen3_moe": ("Qwen3MoeForCausalLM", {"norm_topk_prob": True, "rope_theta": 50.0}),
}
IDS = torch.tensor([[7, 8, 9, 11, 12, 13, 14, 15, 16, 17], [21, 22, 23, 24, 25, 26, 27, 1, 1, 1]])
MASK = (IDS != 1).long()


@pytest.fixture(params=SMALL)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Architecture, Tensor, Path]:
    """An architecture, what transformers' own bare model gives, and the folder in which its published class lies."""
    architecture, (as_published, told) = SMALL[request.param], PUBLISHED[request.param]
    family = find.family(architecture.family)
    config = getattr(transformers, family.config_class)(
        **{"bos_token_id": 2, "eos_token_id": 3, **family.config(architecture), **told}
    )
    model = getattr(transformers, as_published)(config).eval()
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():  # no norm is 1, no bias 0
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    model.save_pretrained(tmp_path)
    bare = getattr(transformers, family.model_class).from_pretrained(tmp_path, **family.bare).eval()
    with torch.no_grad():
        theirs = bare(input_ids=IDS, attention_mask=MASK).last_hidden_state
    told_in_file = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps({**told_in_file, "dtype": "bfloat16"}))  # as most are published
    return architecture, theirs, tmp_path


def test_states_of_a_published_model_are_those_of_transformers(stored: tuple[Architecture, Tensor, Path]) -> None:
    architecture, theirs, folder = stored
    encoder = build_encoder(architecture, 0.0, Beside(folder / CONFIG, architecture)).eval()
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}
    sources = published(folder, architecture.family, "tiny")
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            parameter.copy_(sources[ENCODER + name].read())
        ours = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(ours[MASK.bool()], theirs[MASK.bool()], rtol=1e-5, atol=1e-5)


def test_a_configuration_of_another_size_is_refused(stored: tuple[Architecture, Tensor, Path]) -> None:
    architecture, _, folder = stored
    with pytest.raises(HarnessError, match=r"config\.json: \w+ is 3; the catalogue has 5"):
        build_encoder(architecture, 0.0, Beside(folder / CONFIG, replace(architecture, layers=5)))


def test_a_network_may_have_fewer_layers_than_its_weights(stored: tuple[Architecture, Tensor, Path]) -> None:
    architecture, _, folder = stored
    shorter = build_encoder(replace(architecture, layers=2), 0.0, Beside(folder / CONFIG, architecture)).eval()
    assert len(shorter.get_submodule(find.family(architecture.family).layers)) == 2


def test_a_damaged_configuration_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(json.dumps({"hidden_size": "wide"}))
    with pytest.raises(HarnessError, match=r"config\.json: is no Qwen3Config; fetch the model again"):
        build_encoder(SMALL["qwen3"], 0.0, Beside(tmp_path / CONFIG, SMALL["qwen3"]))


def test_a_missing_expert_is_named(tmp_path: Path) -> None:
    at = "model.layers.0.mlp.experts"
    kept = {f"{at}.{number}.{matrix}_proj.weight": torch.ones(2, 2) for number in (0, 1) for matrix in ("gate", "up")}
    save_file({**kept, f"{at}.1.down_proj.weight": torch.ones(2, 2)}, tmp_path / "model.safetensors")
    with pytest.raises(HarnessError, match=r"tiny: .*experts\.0\.down_proj\.weight' is not among the stored weights"):
        published(tmp_path, "qwen3_moe", "tiny")


@pytest.mark.parametrize("family", SMALL)
def test_weights_drawn_here_fill_a_model_and_start_alike(family: str) -> None:
    model = Scratch(SMALL[family], TrainTokenizer("words", 300, ()), seed=1)
    encoder, sources = build_encoder(SMALL[family], 0.0).eval(), drawn(model)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            parameter.copy_(sources[ENCODER + name].read())
        states = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    assert states.isfinite().all()
    assert 0.1 < states[0].std() < 10  # the norms let something through
