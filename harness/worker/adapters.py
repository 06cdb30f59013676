"""LoRA in the network (peft), our names of its parameters, and what it adds to the weights when it is merged."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from transformers import PreTrainedModel

from harness.files.adapter_names import ADAPTERS, DOWN, UP, pairs
from harness.files.hub_names import ENCODER
from harness.plan.network.lora import adapted
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA
from harness.worker.stored import Shards, Source

BESIDE = re.compile(r"(?P<module>.+)\.lora_(?P<matrix>[AB])\.default\.weight")  # as peft names an adapter's parameters
WRAPPED = ".base_layer."  # and what it puts into the name of the module beside which an adapter lies


class Merged(NamedTuple):
    """A parameter with its adapter added, in fp32: W + alpha / rank x B A (Hu et al. 2022)."""

    weight: Source
    down: Source
    up: Source
    scale: float

    def read(self) -> Tensor:
        """The sum."""
        down, up = self.down.read().float(), self.up.read().float()
        return torch.addmm(self.weight.read().float(), up, down, alpha=self.scale)


def inject(encoder: PreTrainedModel, architecture: Architecture, lora: LoRA) -> None:
    """Put adapters beside the matrices that `lora` names, their weights still to fill, and freeze everything else."""
    modules = [re.escape(weight.name.removesuffix(".weight")) for weight in adapted(architecture, lora)]
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=rf"0\.(?:{'|'.join(modules)})",
        init_lora_weights=False,
    )
    # Where peft sees the configuration of a mixture of experts, it widens the targets: so it sees a list of one.
    inject_adapter_in_model(config, nn.ModuleList([encoder]))


def named(network: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of a network by our names, which are the same with adapters and without."""
    for name, parameter in network.named_parameters():
        yield _ours(name), parameter


def merged(weights: Shards, adapters: Shards, lora: LoRA) -> Shards:
    """The encoder in `weights` with the stored `adapters` added."""
    encoder = {name: at for name, at in weights.items() if name.startswith(ENCODER)}
    scale = lora.alpha / lora.rank
    added = {
        name: Merged(encoder[name], adapters[down], adapters[up], scale)
        for name, (down, up) in pairs(set(adapters)).items()
    }
    return {**encoder, **added}


def _ours(name: str) -> str:
    adapter = BESIDE.fullmatch(name)
    if adapter is None:
        return name.replace(WRAPPED, ".")
    return ADAPTERS + adapter["module"].removeprefix(ENCODER) + {"A": DOWN, "B": UP}[adapter["matrix"]]
