"""A finished training phase as a plain transformers checkpoint: weights, config and tokenizer in one folder."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from huggingface_hub import hf_hub_download
from safetensors.numpy import save_file

from harness.files.atomic import read_text, sync, write_json
from harness.files.hub_names import BARE, ENCODER, KINDS, Kind
from harness.files.layout import PhaseFolder, folder_of, imported_folder
from harness.files.mirror import mirrored_model
from harness.run.exchange.imports import CONFIG, TOKENIZER
from harness.run.exchange.weights import Weights, handed_on
from harness.run.naming import called
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.model import Architecture, Imported, Pretrained, Scratch
from harness.spec.phase import Train, architecture, origin
from harness.spec.task import Data

WEIGHTS = "model.safetensors"
EXPORTED = "xlm_r"  # the family whose classes and configuration are written


def export_checkpoint(runs: Path, name: str, to: Path, head: str | None) -> str:
    """Write the finished training phase called `name` to the folder `to`, as AutoModel and AutoTokenizer load it.

    With the head of the task `head`; without one said, its only head, or of several none. Returns the name of the
    transformers class. Raises HarnessError for another phase, released weights, an unknown head or a used folder.
    """
    folder = called(runs, name)
    phase = _trained(folder)
    chosen = _chosen(phase, head)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise HarnessError(f"{to}: is not empty; name a new folder")
    kind = KINDS[chosen.format] if chosen else BARE
    draft = to.with_name(f".{to.name}.{uuid4().hex[:8]}")
    try:
        draft.mkdir(parents=True)
        _write(draft, _named(handed_on(phase, runs, _data(folder)), chosen.task if chosen else None, kind))
        write_json(draft / CONFIG, _config(architecture(phase), kind, chosen.labels if chosen else ()))
        write_json(draft / TOKENIZER, _with_special_tokens(_tokenizer(phase, folder)))
        write_json(draft / "tokenizer_config.json", _tokenizer_config(architecture(phase)))
        draft.replace(to)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync(to.parent)
    return kind.name


def _trained(folder: PhaseFolder) -> Train:
    phase = folder.phase()
    if not isinstance(phase, Train):
        raise HarnessError(f"{folder.path.name}: is no training phase, so it has no model to export")
    if not folder.done:
        raise HarnessError(f"{folder.path.name}: is not finished; run it first")
    if (family := architecture(phase).family) != EXPORTED:
        raise HarnessError(
            f"{folder.path.name}: is of the family '{family}', and only '{EXPORTED}' is exported; its weights lie in "
            f"{folder.weights}, by the names of transformers behind 'encoder.'"
        )
    return phase


def _chosen(phase: Train, head: str | None) -> Data | None:
    """The set whose head is exported."""
    heads = {data.task: data for data in phase.data}
    if head is None:
        return next(iter(heads.values())) if len(heads) == 1 else None
    if head not in heads:
        raise HarnessError(f"there is no head '{head}' in this phase; its heads: {', '.join(heads)}")
    return heads[head]


def _named(weights: Weights, task: str | None, kind: Kind) -> Weights:
    """The encoder, and the head of `task` if there is one, by the names of transformers."""
    found = {kind.prefix + name.removeprefix(ENCODER): w for name, w in weights.items() if name.startswith(ENCODER)}
    own = f"heads.{task}."
    head = {kind.heads[name.removeprefix(own)]: w for name, w in weights.items() if task and name.startswith(own)}
    return {**found, **head}


def _write(folder: Path, weights: Weights) -> None:
    try:
        save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
        sync(folder / WEIGHTS)
    except Exception as error:  # safetensors raises its own type for a full disk
        raise HarnessError(f"{folder / WEIGHTS}: could not be written ({error})") from error


def _config(model: Architecture, kind: Kind, labels: tuple[str, ...]) -> dict[str, Any]:
    named = {
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
    }
    return {
        "architectures": [kind.name],
        "model_type": "xlm-roberta",
        "vocab_size": model.vocabulary,
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.ffn,
        "max_position_embeddings": model.max_positions + 2,
        "type_vocab_size": 1,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "initializer_range": model.initializer_range,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": True,
        **(named if labels else {}),
    }


def _tokenizer(phase: Train, folder: PhaseFolder) -> dict[str, Any]:
    runs = folder.path.parent
    match origin(phase):
        case Pretrained() as model:
            path = _published(model, folder) / TOKENIZER
        case Imported() as model:
            path = imported_folder(runs, model.digest) / TOKENIZER
        case Scratch() as model:
            path = folder_of(runs, model.tokenizer).weights / TOKENIZER
    told: dict[str, Any] = json.loads(read_text(path, "the tokenizer of the model"))
    return told


def _published(model: Pretrained, folder: PhaseFolder) -> Path:
    """Where a published model's tokenizer lies: in the mirror below the phase's data folder, or in the hub's cache."""
    mirrored = mirrored_model(_data(folder), model.hub_id, model.pinned())
    return mirrored or Path(hf_hub_download(model.hub_id, TOKENIZER, revision=model.pinned())).parent


def _data(folder: PhaseFolder) -> Path | None:
    """The data folder with which a phase was run; one made by hand has no placement."""
    if not folder.placement_file.exists():
        return None
    text = read_text(folder.placement_file, "a placement written by `harness run`")
    placement: Placement = from_json(Placement, text, str(folder.placement_file))
    return Path(placement.data_folder) if placement.data_folder else None


def _with_special_tokens(tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """The tokenizer with XLM-R's `<s> text </s>` and `<s> first </s></s> second </s>`, where it adds nothing itself.

    One that was trained here adds none: the worker puts them around what it has cut to the window.
    """
    if tokenizer.get("post_processor"):
        return dict(tokenizer)
    ids = {each["content"]: each["id"] for each in tokenizer["added_tokens"]}

    def special(token: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    def sequence(name: str) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": 0}}

    single = [special("<s>"), sequence("A"), special("</s>")]
    return {
        **tokenizer,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, special("</s>"), sequence("B"), special("</s>")],
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("<s>", "</s>")
            },
        },
    }


def _tokenizer_config(model: Architecture) -> dict[str, Any]:
    roles = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.max_positions,
        "model_input_names": ["input_ids", "attention_mask"],
        **{f"{role}_token": token for role, token in roles.items()},
    }
