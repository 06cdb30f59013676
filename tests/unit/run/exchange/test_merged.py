"""Checkpoints out of stages with adapters: transformers loads their sum with what lies below them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from harness.cli import main
from harness.files.layout import folder_of, imported_folder
from harness.spec.model import Imported
from harness.spec.recipe import LoRA
from harness.worker.network import Network
from tests.unit.run.exchange.checkpoints import IDS, MASK, MODEL, RECIPE, export, trained

ADAPTED = replace(RECIPE, lora=LoRA(4, 8.0, targets=("query", "down")))


def _logits_agree(folder: Path, network: Network) -> None:
    theirs = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        states = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        found = theirs(input_ids=IDS, attention_mask=MASK).logits
        torch.testing.assert_close(found, network.heads["nli"](states[:, 0]), rtol=1e-5, atol=1e-5)


def test_adapters_are_merged_into_the_stage_before(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    whole, plain = trained(runs, "pair")
    phase, network = trained(runs, "pair", start=whole, recipe=ADAPTED)
    export(runs, phase, tmp_path / "out")
    _logits_agree(tmp_path / "out", network)
    with pytest.raises(AssertionError, match="not close"):
        _logits_agree(tmp_path / "out", plain)


def test_adapters_are_merged_into_an_import(tmp_path: Path) -> None:
    runs, digest = tmp_path / "runs", "a" * 64
    whole, _ = trained(runs, "pair")
    folder = imported_folder(runs, digest)
    folder.mkdir(parents=True)
    stored = load_file(folder_of(runs, whole).weights / "encoder-00001.safetensors")
    named = {name.replace("encoder.", "roberta.", 1): tensor for name, tensor in stored.items()}
    save_file(named, folder / "model.safetensors")
    shutil.copy(next(runs.glob("*-tokenizer-words")) / "weights" / "tokenizer.json", folder)
    phase, network = trained(runs, "pair", start=Imported(digest, MODEL), recipe=ADAPTED)
    export(runs, phase, tmp_path / "out")
    _logits_agree(tmp_path / "out", network)


def test_what_lies_below_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    whole, _ = trained(runs, "pair")
    phase, _ = trained(runs, "pair", start=whole, recipe=ADAPTED)
    shutil.rmtree(folder_of(runs, whole).weights)
    line = ["export", "checkpoint", folder_of(runs, phase).id, "--to", str(tmp_path / "out"), "--runs", str(runs)]
    assert main(line) == 2
    below = folder_of(runs, whole)
    assert f"{below.path.name}: its weights were released; `harness retry {below.id}`" in capsys.readouterr().err


def test_random_weights_below_are_in_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair", recipe=ADAPTED)
    line = ["export", "checkpoint", folder_of(runs, phase).id, "--to", str(tmp_path / "out"), "--runs", str(runs)]
    assert main(line) == 2
    assert "lie on random weights that are in no file" in capsys.readouterr().err
