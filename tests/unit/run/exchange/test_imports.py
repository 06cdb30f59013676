"""Checkpoints in: what is imported is what was given, found by its digest, or refused in one sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForMaskedLM,
)

from harness.cli import main
from harness.files.layout import imported_folder
from harness.run.exchange.imports import find_imported, import_checkpoint
from harness.spec.errors import HarnessError
from harness.spec.model import Imported
from harness.worker import weights
from harness.worker.coder import Coder
from harness.worker.network import Network, head_specs
from tests.unit.run.exchange.checkpoints import IDS, LINES, MASK, MODEL, SETS, export, trained


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def foreign(runs: Path, tmp_path: Path) -> Path:
    """A checkpoint of transformers with a head for masked text."""
    phase, _ = trained(runs, "mlm")
    export(runs, phase, tmp_path / "foreign")
    return tmp_path / "foreign"


def test_an_import_is_found_by_its_digest_and_loads_into_our_network(
    foreign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "other"
    assert main(["import", str(foreign), "--runs", str(runs)]) == 0
    key = capsys.readouterr().out.split()[1]
    model = find_imported(runs, key[:12])
    assert model == Imported(key, MODEL)
    network = Network(MODEL, head_specs((SETS["mlm"],), MODEL), 0.0).eval()
    weights.load(network, weights.shards_of(model, runs, heads=False), _never)
    theirs = AutoModelForMaskedLM.from_pretrained(foreign).eval()
    with torch.no_grad():
        states = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        found = theirs(input_ids=IDS, attention_mask=MASK).logits
        torch.testing.assert_close(network.heads["mlm"](states)[MASK.bool()], found[MASK.bool()], rtol=1e-5, atol=1e-5)
    assert np.array_equal(
        Coder.load(imported_folder(runs, key) / "tokenizer.json").pieces(LINES)[1].ids,
        Coder.load(foreign / "tokenizer.json").pieces(LINES)[1].ids,
    )


def test_a_digest_is_of_the_content_alone(foreign: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(foreign, tmp_path / "copy")
    first = import_checkpoint(foreign, tmp_path / "a")
    assert first.masked_head
    assert import_checkpoint(copy, tmp_path / "b").digest == first.digest
    (copy / "model.safetensors").rename(copy / "renamed.safetensors")
    assert import_checkpoint(copy, tmp_path / "b").digest == first.digest
    held = imported_folder(tmp_path / "b", first.digest)
    assert [path.name for path in held.glob("*.safetensors")] == ["renamed.safetensors"]
    assert find_imported(tmp_path / "b", first.digest).digest == first.digest
    told = json.loads((copy / "tokenizer.json").read_text())
    (copy / "tokenizer.json").write_text(json.dumps({**told, "truncation": None, "more": 1}))
    assert import_checkpoint(copy, tmp_path / "b").digest != first.digest


def test_a_sweep_names_an_import(foreign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "other"
    key = import_checkpoint(foreign, runs).digest
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text("{name: local, processes_per_node: 2}\n")
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        f"name: made\nmodels: [{{name: mine, imported: '{key[:12]}'}}]\nintermediate: toy_qa\nepochs: 1\n"
        "batch_size: 16\ntargets: [{task: toy_senses, languages: [en]}]\n"
        "recipe: {intermediate: {window: {max_length: 32, max_query: 8, stride: 8}}, "
        "target: {toy_senses: {window: {max_length: 32}}}}\n"
    )
    assert main(["plan", str(sweep), "--runs", str(runs), "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert points[0] == "mine · none · seeds 0/1"
    sweep.write_text(sweep.read_text().replace(key[:12], "0" * 12))
    assert main(["plan", str(sweep), "--runs", str(runs)]) == 2
    assert "no imported checkpoint begins with '000000000000'; `harness import DIR`" in capsys.readouterr().err


def test_a_file_changed_after_the_import_is_refused(foreign: Path, tmp_path: Path) -> None:
    key = import_checkpoint(foreign, tmp_path / "runs2").digest
    weights = foreign / "model.safetensors"  # shares its bytes with the copy
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(HarnessError, match=r"model\.safetensors: is not what was imported"):
        find_imported(tmp_path / "runs2", key[:8])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda at: _config(at, model_type="bert"), 'model_type is "bert"; only xlm-roberta can be imported'),
        (lambda at: _config(at, layer_norm_eps=1e-12), "layer_norm_eps is 1e-12; the network here has 1e-05"),
        (lambda at: _config(at, num_hidden_layers=3), "its weights lack 'encoder.layer.2.attention.self.query.weight'"),
        (lambda at: _config(at, vocab_size=61), r"'embeddings.word_embeddings.weight' has the shape \[60, 32\]"),
        (lambda at: _config(at, hidden_size="big"), 'hidden_size is "big"; expected a positive whole number'),
        (lambda at: _config(at, initializer_range="x"), 'initializer_range is "x"; expected a positive number'),
        (lambda at: _config(at, initializer_range=0), "initializer_range is 0; expected a positive number"),
        (lambda at: _config(at, max_position_embeddings=2), "max_position_embeddings is 2; expected 3 or more"),
        (lambda at: (at / "config.json").write_text("[" * 100_000), "config.json: is nested too deeply"),
        (lambda at: (at / "tokenizer.json").write_text('{"added_tokens": 5}'), "its added_tokens are no tokens"),
        (lambda at: (at / "tokenizer.json").write_text('{"added_tokens": [5]}'), "its added_tokens are no tokens"),
        (
            lambda at: (at / "tokenizer.json").write_text('{"added_tokens": [{"content": [], "id": 0}]}'),
            "its added_tokens are no tokens",
        ),
        (lambda at: _header(at, "[" * 100_000), "its header is damaged"),
        (lambda at: _header(at, '{"a": {"dtype": "F32", "shape": [], "data_offsets": [0, "x"]}}'), "header is damaged"),
        (lambda at: _header(at, '{"a": {"dtype": "F32", "shape": "xy", "data_offsets": [0, 0]}}'), "header is damaged"),
        (lambda at: (at / "config.json").write_text('{"model_type":\n'), "config.json, line 2: not complete JSON"),
        (lambda at: (at / "config.json").unlink(), "config.json: cannot be read"),
        (lambda at: (at / "tokenizer.json").unlink(), "tokenizer.json: is missing; a fast tokenizer's file is needed"),
        (lambda at: (at / "tokenizer.json").write_text('{"added_tokens": []}'), "has no special token '<s>'"),
        (lambda at: _cut(at / "model.safetensors", 100), "its header tells of"),
        (lambda at: (at / "model.safetensors").write_bytes(b"\0\0\0"), "is no safetensors file"),
        (lambda at: (at / "model.safetensors").unlink(), "holds no weights; expected model.safetensors"),
        (
            lambda at: (at / "model.safetensors").rename(at / "pytorch_model.bin"),
            "pytorch_model.bin: is pickled, which can run code while it is read",
        ),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_what_cannot_be_imported(foreign: Path, tmp_path: Path, spoil: Callable[[Path], object], sentence: str) -> None:
    spoil(foreign)
    with pytest.raises(HarnessError, match=sentence) as raised:
        import_checkpoint(foreign, tmp_path / "other")
    assert "\n" not in str(raised.value)
    assert not list((tmp_path / "other").rglob("manifest.json"))


def _config(folder: Path, **changes: object) -> None:
    told = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**told, **changes}))


def _header(folder: Path, text: str) -> None:
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text.encode())


def _cut(path: Path, by: int) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def _never(name: str, shape: torch.Size) -> torch.Tensor:
    raise AssertionError(f"{name} was not found in the imported weights")
