"""A published model's weights and tokenizer come from the mirror below the data folder, where there is one."""

import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from transformers import XLMRobertaConfig, XLMRobertaModel

from harness.files.layout import PhaseFolder
from harness.files.mirror import Manifest, Mirrored, model_folder, write_manifest
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate
from harness.spec.task import Data, Part
from harness.worker import published, weights
from harness.worker.work import Work

MODEL = Pretrained("someone/tiny", "cd" * 20, Architecture("xlm_r", 1, 16, 2, 2, 32, 30, max_positions=20))
CONFIG = XLMRobertaConfig(
    vocab_size=30, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a mirrored model, on a machine without a network."""
    for name in ("snapshot_download", "hf_hub_download"):
        monkeypatch.setattr(published, name, lambda *given, **named: pytest.fail("the network was used"))
    folder = tmp_path / model_folder(MODEL.hub_id, MODEL.revision)
    XLMRobertaModel(CONFIG, add_pooling_layer=False).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    files = {
        path.name: Mirrored(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in folder.iterdir()
    }
    write_manifest(folder, Manifest(MODEL.hub_id, MODEL.revision, files))
    return tmp_path


def test_weights_are_those_of_the_mirror(data: Path) -> None:
    shards = weights.shards_of(MODEL, Path("unused"), heads=False, root=data)
    (file,) = {path for path, _ in shards.values()}
    assert file == data / model_folder(MODEL.hub_id, MODEL.revision) / "model.safetensors"
    assert "encoder.embeddings.word_embeddings.weight" in shards
    assert shards["encoder.embeddings.word_embeddings.weight"].read().shape == torch.Size([30, 16])


def test_the_tokenizer_is_that_of_the_mirror(data: Path) -> None:
    phase = Evaluate(MODEL, Data("made", 1, "retrieval", "test", (Part("en"),)), layer=1)
    placement = SimpleNamespace(data_folder=str(data))
    work = Work(SimpleNamespace(), PhaseFolder(data / "runs" / "x"), placement, {}, SimpleNamespace(), None)  # type: ignore[arg-type]
    assert work._tokenizer(phase) == data / model_folder(MODEL.hub_id, MODEL.revision) / "tokenizer.json"


def test_a_torn_mirror_is_refused(data: Path) -> None:
    file = data / model_folder(MODEL.hub_id, MODEL.revision) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(HarnessError, match=r"model.safetensors: has [\d,]+ bytes; expected [\d,]+ bytes as fetched"):
        weights.shards_of(MODEL, Path("unused"), heads=False, root=data)


def test_a_model_that_is_nowhere_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*given: object, **named: object) -> str:
        raise LocalEntryNotFoundError("no such snapshot")

    monkeypatch.setattr(published, "snapshot_download", absent)
    with pytest.raises(HarnessError, match=r"someone/tiny@cdcdcdcd: is neither mirrored below .* nor in the hub's"):
        weights.shards_of(MODEL, Path("unused"), heads=False, root=tmp_path)
