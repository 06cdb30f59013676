"""Weights in and out: one parameter at a time, so that no process ever holds a whole model at ZeRO stage 3."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from deepspeed.utils import safe_get_full_fp32_param
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.files.adapter_names import ADAPTERS
from harness.files.atomic import digest, read_text, sync, write_json
from harness.files.hub_names import ENCODER, MASKED_HEAD
from harness.files.layout import folder_of, imported_folder
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.model import Imported, Model, Pretrained, Scratch
from harness.spec.paths import FileName
from harness.spec.phase import Train, beneath, continued, masked_head
from harness.worker import adapters
from harness.worker.drawing import Draw, Drawn, drawn
from harness.worker.parts import put, shape_of
from harness.worker.published import weights_folder
from harness.worker.stored import Shards, Stored, published

INDEX = "index.json"
SHARD_BYTES = 2 << 30


def load(network: nn.Module, shards: Shards, draw: Draw, goes_on: Callable[[], None] = lambda: None) -> None:
    """Fill `network` parameter by parameter: from `shards` where they have the name, else from `draw`.

    Calls `goes_on` with each. Raises HarnessError where `shards` have weights, but not of a part of the encoder: it
    would stay random.
    """
    if shards:
        _check_encoder(network, shards)
    for name, parameter in adapters.named(network):
        goes_on()
        put(shards.get(name, Drawn(name, shape_of(parameter), draw)), parameter)


def _check_encoder(network: nn.Module, shards: Shards) -> None:
    for name, _ in adapters.named(network):
        if name.startswith(ENCODER) and name not in shards:
            example = next(iter(shards))
            raise HarnessError(f"'{name}' is not among the stored weights, which have '{example}'; another model's?")


def shards_for(phase: Train, runs: Path, root: Path | None = None) -> Shards:
    """What `phase` begins with: an encoder, the adapters that it goes on training, the masked head that it trains.

    `root` is the data folder, in which a published model may be mirrored.
    """
    before = continued(phase)
    kept = _own(before, runs) if before else {}
    return {
        **shards_of(beneath(phase), runs, heads=False, root=root),
        **{name: at for name, at in kept.items() if name.startswith((ADAPTERS, MASKED_HEAD))},
        **masked_head_of(phase, runs, root),
    }


def shards_of(start: Model | Train, runs: Path, heads: bool, root: Path | None = None) -> Shards:
    """Where to read each parameter that `start` hands on: the encoder, the masked head, and `heads` if asked for.

    The adapters of a stage are merged into its encoder.
    """
    match start:
        case Scratch():
            return drawn(start)
        case Pretrained():
            return published(
                weights_folder(start, root), start.architecture.family, f"{start.hub_id}@{start.pinned()[:8]}"
            )
        case Imported():
            return published(
                imported_folder(runs, start.digest), start.architecture.family, f"imported {start.digest[:12]}"
            )
        case Train():
            own = _own(start, runs)
            kept = {name: at for name, at in own.items() if heads or name.startswith((ENCODER, MASKED_HEAD))}
            if start.recipe.lora is None:
                return kept
            below = shards_of(beneath(start), runs, heads=False, root=root)
            return {**kept, **adapters.merged(below, own, start.recipe.lora)}


def masked_head_of(phase: Train, runs: Path, root: Path | None = None) -> Shards:
    """The masked head that stayed with an encoder of `phase` while other stages trained it further.

    Empty where `phase` trains no masked text, or its start hands the head on itself.
    """
    source = masked_head(phase.start)
    if source == phase.start or all(data.format != "mlm" for data in phase.data):
        return {}
    kept = _own(source, runs) if isinstance(source, Train) else shards_of(source, runs, heads=False, root=root)
    return {name: at for name, at in kept.items() if name.startswith(MASKED_HEAD)}


def save(network: nn.Module, folder: Path, writes: bool, goes_on: Callable[[], None] = lambda: None) -> dict[str, str]:
    """Store fp32 master weights of what was trained below `folder`, each part apart; every process must call it.

    Calls `goes_on` with each file. Returns SHA-256 digests by path in the phase's folder, on the process that `writes`.
    """
    if writes:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    index: dict[str, str] = {}
    digests: dict[str, str] = {}
    for number, shard in enumerate(_shards(network, writes), start=1):
        file = f"{_part(next(iter(shard)))}-{number:05d}.safetensors"
        goes_on()
        if writes:
            _write_shard(shard, folder / file)
            digests[f"{folder.name}/{file}"] = digest(folder / file)  # one by one: all others wait meanwhile
            index |= dict.fromkeys(shard, file)
    if not writes:
        return {}
    write_json(folder / INDEX, index)
    digests[f"{folder.name}/{INDEX}"] = digest(folder / INDEX)
    return dict(sorted(digests.items()))


def _shards(network: nn.Module, keep: bool) -> Iterator[dict[str, Tensor]]:
    """Groups of trained parameters of bounded size; a group never mixes adapters, encoder and heads."""
    group: dict[str, Tensor] = {}
    size = 0
    trained = sorted((name, parameter) for name, parameter in adapters.named(network) if parameter.requires_grad)
    for name, parameter in trained:
        crossing = bool(group) and _part(name) != _part(next(iter(group)))
        if crossing or size > SHARD_BYTES:
            yield group
            group, size = {}, 0
        full = _whole(parameter)
        size += full.numel() * 4
        group[name] = full.to("cpu", torch.float32).contiguous() if keep else full.new_empty(0)
    if group:
        yield group


def _part(name: str) -> str:
    return name.partition(".")[0]


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
    text = read_text(folder / INDEX, "the weights of a finished phase")
    index: dict[str, str] = from_json(dict[str, FileName], text, str(folder / INDEX))
    return {name: Stored(folder / file, name) for name, file in index.items()}
