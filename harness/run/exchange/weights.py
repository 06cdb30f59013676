"""The weights that a stage hands on, as arrays: adapters are merged into what they lie on, wherever that was stored."""

from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from safetensors.numpy import load_file

from harness.catalog import find
from harness.files.adapter_names import pairs
from harness.files.atomic import read_text
from harness.files.hub_names import ENCODER, ours
from harness.files.layout import folder_of, imported_folder
from harness.files.mirror import mirrored_model
from harness.run.store import released
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.model import Architecture, Imported, Model, Pretrained, Scratch
from harness.spec.paths import FileName
from harness.spec.phase import Train, beneath, stored
from harness.spec.recipe import LoRA

Weights = dict[str, NDArray[Any]]
INDEX = "index.json"


def handed_on(phase: Train, runs: Path, data: Path | None) -> Weights:
    """The encoder and heads of a finished stage by our names; raises HarnessError where their files are gone."""
    for stage in stored(phase):
        folder = folder_of(runs, stage)
        if released(folder):
            raise HarnessError(
                f"{folder.path.name}: its weights were released; `harness retry {folder.id}` makes them again"
            )
    return _read(phase, runs, data)


def _read(start: Model | Train, runs: Path, data: Path | None) -> Weights:
    match start:
        case Pretrained():
            return _published(_mirrored(start, data), start.architecture)
        case Imported():
            return _published(imported_folder(runs, start.digest), start.architecture)
        case Scratch():
            raise HarnessError(
                "its adapters lie on random weights that are in no file; export a stage of another model"
            )
        case Train():
            own = _own(start, runs)
            lora = start.recipe.lora
            return own if lora is None else _merged(_read(beneath(start), runs, data), own, lora)


def _merged(below: Weights, own: Weights, lora: LoRA) -> Weights:
    """W + alpha / rank x B A, in fp32, as the worker's Merged."""
    encoder = {name: weight for name, weight in below.items() if name.startswith(ENCODER)}
    for name, (down, up) in pairs(set(own)).items():
        added = np.float32(lora.alpha / lora.rank) * (own.pop(up) @ own.pop(down))
        encoder[name] = encoder[name].astype(np.float32) + added
    return {**encoder, **own}


def _own(phase: Train, runs: Path) -> Weights:
    folder = folder_of(runs, phase).weights
    text = read_text(folder / INDEX, "the weights of a finished phase")
    index: dict[str, str] = from_json(dict[str, FileName], text, str(folder / INDEX))
    files = [load_file(folder / file) for file in sorted(set(index.values()))]
    return {name: tensor for tensors in files for name, tensor in tensors.items()}


def _published(folder: Path, architecture: Architecture) -> Weights:
    family, files = find.family(architecture.family), sorted(folder.glob("*.safetensors"))
    return {ours(name, family): tensor for path in files for name, tensor in load_file(path).items()}


def _mirrored(model: Pretrained, data: Path | None) -> Path:
    found = mirrored_model(data, model.hub_id, model.pinned())
    return found or Path(snapshot_download(model.hub_id, revision=model.pinned(), allow_patterns=["*.safetensors"]))
