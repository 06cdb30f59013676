"""Weights in and out: one parameter at a time, so that no process ever holds a whole model at ZeRO stage 3."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import deepspeed
import torch
from deepspeed.utils import safe_get_full_fp32_param
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.files.atomic import digest, read_text, sync, write_json
from harness.files.hub_names import MASKED_HEAD
from harness.files.layout import folder_of, imported_folder
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Imported, Model, Pretrained, Scratch
from harness.spec.phase import Train, masked_head
from harness.worker.published import weights_folder
from harness.worker.stored import Shards, Stored, published

INDEX = "index.json"
SHARD_BYTES = 2 << 30


def load(network: nn.Module, shards: Shards, stage: int, draw: Callable[[str, torch.Size], Tensor]) -> None:
    """Fill `network` parameter by parameter: from `shards` where they have the name, else from `draw`.

    Raises HarnessError where `shards` have weights, but not of a part of the encoder: it would stay random.
    """
    if shards:
        _check_encoder(network, shards)
    for name, parameter in network.named_parameters():
        gathered = deepspeed.zero.GatheredParameters([parameter], modifier_rank=0) if stage == 3 else nullcontext()
        with gathered, torch.no_grad():
            if parameter.numel():  # at stage 3 only the modifying process need fill it
                parameter.copy_(shards[name].read() if name in shards else draw(name, parameter.shape))


def _check_encoder(network: nn.Module, shards: Shards) -> None:
    for name, _ in network.named_parameters():
        if name.startswith("encoder.") and name not in shards:
            example = next(iter(shards))
            raise HarnessError(f"'{name}' is not among the stored weights, which have '{example}'; another model's?")


def shards_of(start: Model | Train, runs: Path, heads: bool, root: Path | None = None) -> Shards:
    """The file of each parameter that `start` hands on: the encoder, the masked head, and `heads` if asked for.

    `root` is the data folder, in which a published model may be mirrored.
    """
    match start:
        case Scratch():
            return {}
        case Pretrained():
            return published(
                weights_folder(start, root), start.architecture.family, f"{start.hub_id}@{start.revision[:8]}"
            )
        case Imported():
            return published(
                imported_folder(runs, start.digest), start.architecture.family, f"imported {start.digest[:12]}"
            )
        case Train():
            return {n: f for n, f in _own(start, runs).items() if heads or n.startswith(("encoder.", MASKED_HEAD))}


def masked_head_of(phase: Train, runs: Path, root: Path | None = None) -> Shards:
    """The masked head that stayed with an encoder of `phase` while other stages trained it further.

    Empty where `phase` trains no masked text, or its start hands the head on itself.
    """
    source = masked_head(phase.start)
    if source == phase.start or all(data.format != "mlm" for data in phase.data):
        return {}
    kept = shards_of(source, runs, heads=False, root=root)
    return {name: at for name, at in kept.items() if name.startswith(MASKED_HEAD)}


def drawing(architecture: Architecture, encoder_seed: int, head_seed: int) -> Callable[[str, torch.Size], Tensor]:
    """Random weights by (seed, parameter name), the same at every ZeRO stage and world size."""

    def draw(name: str, shape: torch.Size) -> Tensor:
        if name.endswith("bias"):
            return torch.zeros(shape)
        if "norm" in name.lower():
            return torch.ones(shape)
        seed = encoder_seed if name.startswith("encoder.") else head_seed
        key = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(key, "big") >> 1)
        return torch.randn(shape, generator=generator) * architecture.initializer_range

    return draw


def save(network: nn.Module, folder: Path, writes: bool) -> dict[str, str]:
    """Store fp32 master weights below `folder`, encoder and heads apart; every process must call it.

    Returns SHA-256 digests by path in the phase's folder, on the process that `writes`.
    """
    if writes:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    index: dict[str, str] = {}
    for number, shard in enumerate(_shards(network, writes), start=1):
        file = f"{'encoder' if next(iter(shard)).startswith('encoder.') else 'heads'}-{number:05d}.safetensors"
        if writes:
            _write_shard(shard, folder / file)
            index |= dict.fromkeys(shard, file)
    if not writes:
        return {}
    write_json(folder / INDEX, index)
    files = sorted({*index.values(), INDEX})
    return {f"{folder.name}/{file}": digest(folder / file) for file in files}


def _shards(network: nn.Module, keep: bool) -> Iterator[dict[str, Tensor]]:
    """Groups of parameters of bounded size; a group never mixes the encoder with heads."""
    group: dict[str, Tensor] = {}
    size = 0
    for name, parameter in sorted(network.named_parameters()):
        crossing = bool(group) and not name.startswith(next(iter(group)).split(".")[0])
        if crossing or size > SHARD_BYTES:
            yield group
            group, size = {}, 0
        full = _whole(parameter)
        size += full.numel() * 4
        group[name] = full.to("cpu", torch.float32).contiguous() if keep else full.new_empty(0)
    if group:
        yield group


def _whole(parameter: nn.Parameter) -> Tensor:
    """The fp32 master of a parameter, gathered from all processes that hold a part."""
    full = safe_get_full_fp32_param(parameter)
    return parameter.detach() if full is None else full.detach()


def _write_shard(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        save_file(tensors, path)
        sync(path)
    except Exception as error:  # safetensors raises its own type for a full disk
        raise HarnessError(f"{path}: weights could not be written ({error})") from error


def _own(phase: Train, runs: Path) -> Shards:
    folder = folder_of(runs, phase).weights
    index: dict[str, Any] = json.loads(read_text(folder / INDEX, "the weights of a finished phase"))
    return {name: Stored(folder / file, name) for name, file in index.items()}
