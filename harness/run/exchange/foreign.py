"""What the files of a transformers checkpoint say of themselves: architecture, tokens, shapes; read without torch."""

import json
import math
from pathlib import Path
from typing import Any

from harness.catalog.sources.json_text import load
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture

PADDING = 1  # the id from which RoBERTa counts positions
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# What the network here has no other form of.
_FIXED = {
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "pad_token_id": PADDING,
}
_SIZES = (
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
)


def architecture_of(config: Path) -> Architecture:
    """The architecture in a config.json; raises HarnessError for a model that is no XLM-R."""
    told = _object(config, "the config.json of a transformers checkpoint")
    if told.get("model_type") != "xlm-roberta":
        raise HarnessError(
            f"{config}: model_type is {json.dumps(told.get('model_type'))}; only xlm-roberta can be imported"
        )
    for key, expected in _FIXED.items():
        if told.get(key, expected) != expected:
            raise HarnessError(
                f"{config}: {key} is {json.dumps(told[key])}; the network here has {json.dumps(expected)}"
            )
    for key in _SIZES:
        if type(told.get(key)) is not int or told[key] <= 0:
            raise HarnessError(f"{config}: {key} is {json.dumps(told.get(key))}; expected a positive whole number")
    positions = told["max_position_embeddings"] - PADDING - 1
    if positions < 1:
        raise HarnessError(
            f"{config}: max_position_embeddings is {positions + PADDING + 1}; expected {PADDING + 2} or more"
        )
    spread = told.get("initializer_range", 0.02)
    if type(spread) not in (int, float) or not 0 < spread < math.inf:
        raise HarnessError(f"{config}: initializer_range is {json.dumps(spread)}; expected a positive number")
    heads = told["num_attention_heads"]
    if told["hidden_size"] % heads:
        raise HarnessError(f"{config}: {heads} heads cannot share a hidden size of {told['hidden_size']} equally")
    return Architecture(
        family="xlm_r",
        layers=told["num_hidden_layers"],
        hidden=told["hidden_size"],
        heads=heads,
        kv_heads=heads,
        ffn=told["intermediate_size"],
        vocabulary=told["vocab_size"],
        max_positions=positions,
        initializer_range=float(spread),
    )


def check_tokenizer(path: Path, architecture: Architecture) -> None:
    """Raise HarnessError for a tokenizer.json that is missing, or has not the special tokens of XLM-R."""
    if not path.is_file():
        raise HarnessError(
            f"{path}: is missing; a fast tokenizer's file is needed (save_pretrained of an AutoTokenizer writes it)"
        )
    told = _object(path, "a tokenizer.json").get("added_tokens") or []
    if not isinstance(told, list) or not all(isinstance(each, dict) and _is_token(each) for each in told):
        raise HarnessError(f"{path}: its added_tokens are no tokens with ids; expected a tokenizer.json")
    ids = {each["content"]: each["id"] for each in told}
    for token in SPECIAL:
        if not 0 <= ids.get(token, -1) < architecture.vocabulary:
            raise HarnessError(f"{path}: has no special token '{token}' within the model's embeddings, as XLM-R's has")
    if ids["<pad>"] != PADDING:
        raise HarnessError(f"{path}: '<pad>' has the id {ids['<pad>']}; XLM-R's positions count from {PADDING}")


def shapes_of(path: Path) -> dict[str, tuple[int, ...]]:
    """The floating-point tensors of a safetensors file, with shapes; raises HarnessError for a damaged or cut-off one.

    The format: 8 bytes that give the length of a JSON header, the header, and the tensors one after the other.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            raise HarnessError(f"{path}: is no safetensors file, or is cut off in its header")
        header = file.read(length)
    try:
        told = json.loads(header)
        tensors = {name: each for name, each in told.items() if name != "__metadata__"}
        end = max((int(each["data_offsets"][1]) for each in tensors.values()), default=0)
        floating = {name: each for name, each in tensors.items() if each["dtype"].lstrip("B").startswith("F")}
        shapes = {name: tuple(map(int, each["shape"])) for name, each in floating.items()}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise HarnessError(f"{path}: its header is damaged; expected a safetensors file") from error
    if end != size - 8 - length:
        raise HarnessError(f"{path}: holds {size - 8 - length:,} bytes of tensors; its header tells of {end:,}")
    return shapes


def _is_token(told: dict[str, Any]) -> bool:
    return type(told.get("content")) is str and type(told.get("id")) is int


def _object(path: Path, expected: str) -> dict[str, Any]:
    told = load(path, expected).value
    if not isinstance(told, dict):
        raise HarnessError(f"{path}: holds no object; expected {expected}")
    return told
