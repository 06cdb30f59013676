"""DeepSpeed engines: one for each phase, destroyed after it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.utils import groups, logger
from torch import nn

from harness.spec.cluster import Placement
from harness.worker.parts import shape_of
from harness.worker.work import Work

logger.setLevel(logging.WARNING)


def build(make: Callable[[], nn.Module], work: Work) -> nn.Module:
    """The network that `make` makes, on its device in the precision of its parameters, its weights still to fill.

    At stage 3 it is partitioned from its first tensor on.
    """
    _leave_secondary_group()
    if work.placement.stage == 3:
        with deepspeed.zero.Init(config_dict_or_path=work.config):
            network = make().to(work.session.device)
        _compute_anew(network)
        return network
    with work.session.device, _parameters_in(torch.bfloat16 if work.config["bf16"]["enabled"] else torch.float32):
        return make()


def _compute_anew(network: nn.Module) -> None:
    """Make the modules without parameters that compute buffers (rotary frequencies) again, outside of zero.Init.

    Inside, every new tensor has the precision of the parameters: frequencies computed in bf16 are up to 1.6 % off, and
    the position of a late token half a radian.
    """
    for module in [*network.modules()]:
        for name, child in module.named_children():
            floating = [buffer for buffer in child.buffers(recurse=False) if buffer.is_floating_point()]
            if floating and next(child.parameters(), None) is None:
                setattr(module, name, type(child)(child.config).to(floating[0].device))


@contextmanager
def _parameters_in(precision: torch.dtype) -> Iterator[None]:
    """New parameters have `precision` at once; DeepSpeed would cast a whole fp32 network on its device."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(precision)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _leave_secondary_group() -> None:
    """End the group of an earlier phase's ZeRO++ hpZ: DeepSpeed keeps it in its module and refuses to make another."""
    group = groups._get_zero_param_intra_parallel_group()
    if group is not None:
        dist.destroy_process_group(group)
        groups._ZERO_PARAM_INTRA_PARALLEL_GROUP = None


@contextmanager
def training_engine(network: nn.Module, config: dict[str, Any]) -> Iterator[Any]:
    """DeepSpeed's engine around `network` with the optimizer that `config` names."""
    decay = config["optimizer"]["params"]["weight_decay"]
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    parameters = [
        {"params": [p for p in trained if not is_vector(p)], "weight_decay": decay},
        {"params": [p for p in trained if is_vector(p)], "weight_decay": 0.0},
    ]
    filled = [group for group in parameters if group["params"]]
    engine, *_ = deepspeed.initialize(model=network, model_parameters=filled, config=config)
    try:
        yield engine
    finally:
        engine.destroy()


def is_vector(parameter: nn.Parameter) -> bool:
    """Whether it is a bias or a norm's weight, which do not decay."""
    return len(shape_of(parameter)) < 2


@contextmanager
def evaluation_engine(network: nn.Module, placement: Placement, config: dict[str, Any]) -> Iterator[nn.Module]:
    """`network` ready to predict: through DeepSpeed where stage 3 has partitioned it, as it is elsewhere."""
    if placement.stage < 3:
        yield network.eval()
        return
    engine, *_ = deepspeed.initialize(model=network, config=config)
    engine.eval()
    try:
        yield engine
    finally:
        engine.destroy()
