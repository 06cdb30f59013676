"""A published model: read from the hub's cache at its pinned revision, and equal to transformers' own."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM, XLMRobertaModel

from harness.files.layout import folder_of
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data, Part
from harness.worker import published as published_models
from harness.worker import weights
from harness.worker.coder import Coder
from harness.worker.drawing import drawing
from harness.worker.manner import SPECIAL
from harness.worker.network import Network, head_specs

REVISION = "0123456789abcdef0123456789abcdef01234567"
ARCHITECTURE = Architecture("xlm_r", 2, 32, 4, 4, 64, 50, 40)
PUBLISHED = Pretrained("someone/tiny", REVISION, ARCHITECTURE)
RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1)
PAIRS = Data("nli", 1, "pair", "train", (Part("en"),), ("no", "yes"))
TEXT = Data("mlm", 1, "mlm", "train", text=(Data("text", 1, "mlm", "train", (Part("en"),)),))


CONFIG = XLMRobertaConfig(
    vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
    max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
)  # fmt: skip


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> XLMRobertaModel:
    """A tiny XLM-R as the hub's cache keeps it."""
    folder = tmp_path / "models--someone--tiny" / "snapshots" / REVISION
    model = XLMRobertaModel(CONFIG, add_pooling_layer=False).eval()
    model.save_pretrained(folder)
    monkeypatch.setattr(published_models, "snapshot_download", lambda *given, **named: str(folder))
    return model


@pytest.fixture
def with_masked_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> XLMRobertaForMaskedLM:
    """A tiny XLM-R with its head for masked text, none of whose numbers is zero or one by chance."""
    model = XLMRobertaForMaskedLM(CONFIG).eval()
    for parameter in model.lm_head.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.numel()))
    model.save_pretrained(tmp_path / "masked")
    monkeypatch.setattr(published_models, "snapshot_download", lambda *given, **named: str(tmp_path / "masked"))
    return model


def test_the_masked_head_of_a_published_model_is_read(with_masked_head: XLMRobertaForMaskedLM) -> None:
    network = Network(ARCHITECTURE, head_specs((TEXT,), ARCHITECTURE), dropout=0.0).eval()
    weights.load(network, weights.shards_of(PUBLISHED, Path("unused"), heads=False), draw=_never)
    ids = torch.tensor([[0, 7, 8, 9, 2]])
    with torch.no_grad():
        ours = network.heads["mlm"](network.encoder(input_ids=ids).last_hidden_state)
        torch.testing.assert_close(ours, with_masked_head(input_ids=ids).logits, rtol=1e-5, atol=1e-5)


def test_the_masked_head_waits_while_other_stages_train_its_encoder(
    with_masked_head: XLMRobertaForMaskedLM, tmp_path: Path
) -> None:
    pairs = Train(PUBLISHED, (PAIRS,), RECIPE, "intermediate")
    mixed = Train(pairs, (PAIRS, TEXT), RECIPE, "intermediate")
    from_hub = weights.masked_head_of(mixed, tmp_path)
    assert {name.removeprefix("heads.mlm.") for name in from_hub} == {
        "dense.weight", "dense.bias", "norm.weight", "norm.bias", "out.bias"
    }  # fmt: skip
    last = Train(Train(mixed, (PAIRS,), RECIPE, "intermediate"), (TEXT,), RECIPE, "intermediate")
    network = Network(ARCHITECTURE, head_specs(mixed.data, ARCHITECTURE), dropout=0.0)
    folder = folder_of(tmp_path, mixed)
    weights.save(network, folder.weights, writes=True)
    assert {stored.path.parent for stored in weights.masked_head_of(last, tmp_path).values()} == {folder.weights}
    assert weights.masked_head_of(pairs, tmp_path) == {}
    assert weights.masked_head_of(Train(mixed, (TEXT,), RECIPE, "intermediate"), tmp_path) == {}


def test_states_equal_those_of_transformers(published: XLMRobertaModel) -> None:
    network = Network(ARCHITECTURE, {}, dropout=0.0).eval()
    shards = weights.shards_of(Pretrained("someone/tiny", REVISION, ARCHITECTURE), Path("unused"), heads=False)
    weights.load(network, shards, draw=_never)
    ids = torch.tensor([[0, 7, 8, 9, 2], [0, 11, 2, 1, 1]])
    mask = (ids != 1).long()
    ours = network.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    theirs = published(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.equal(ours[mask.bool()], theirs[mask.bool()])


def test_weights_of_another_model_are_refused(published: XLMRobertaModel) -> None:
    deeper = replace(ARCHITECTURE, layers=3)
    shards = weights.shards_of(Pretrained("someone/tiny", REVISION, deeper), Path("unused"), heads=False)
    with pytest.raises(HarnessError, match=r"layer\.2.* is not among the stored weights"):
        weights.load(Network(deeper, {}, dropout=0.0), shards, draw=_never)


def test_weights_are_drawn_by_name_and_seed() -> None:
    draw, other = drawing(0.02, 1), drawing(0.02, 3)
    shape = torch.Size([200, 32])
    weight = draw("encoder.encoder.layer.0.output.dense.weight", shape)
    assert weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert torch.equal(weight, draw("encoder.encoder.layer.0.output.dense.weight", shape))
    assert not torch.equal(weight, other("encoder.encoder.layer.0.output.dense.weight", shape))
    assert not torch.equal(weight, draw("encoder.encoder.layer.1.output.dense.weight", shape))
    assert not draw("encoder.encoder.layer.0.output.dense.bias", torch.Size([32])).any()


def test_a_tokenizer_without_the_special_tokens_is_refused() -> None:
    with pytest.raises(HarnessError, match="has no token '<s>'"):
        Coder(Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))).padding  # noqa: B018


def test_a_pair_is_written_as_xlm_r_writes_it() -> None:
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, "a", "b"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    coder = Coder(tokenizer)
    first, second = (piece.ids for piece in coder.pieces(["a", "b c"]))
    written = [tokenizer.id_to_token(i) for i in coder.double(first, second)]
    assert written == ["<s>", "a", "</s>", "</s>", "b", "<unk>", "</s>"]


def _never(name: str, shape: torch.Size) -> torch.Tensor:
    raise AssertionError(f"{name} was not found in the published weights")
