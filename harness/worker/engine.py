"""DeepSpeed engines: one for each phase, destroyed after it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import deepspeed
from deepspeed.utils import logger
from torch import nn

from harness.spec.cluster import Placement

NO_DECAY = ("bias", "norm.weight", "LayerNorm.weight")

logger.setLevel(logging.WARNING)


def build(make: Callable[[], nn.Module], placement: Placement, config: dict[str, Any]) -> nn.Module:
    """The network that `make` makes, at stage 3 partitioned from its first tensor on."""
    partitioned = deepspeed.zero.Init(config_dict_or_path=config) if placement.stage == 3 else nullcontext()
    with partitioned:
        return make()


@contextmanager
def training_engine(network: nn.Module, config: dict[str, Any]) -> Iterator[Any]:
    """DeepSpeed's engine around `network` with the optimizer that `config` names."""
    decay = config["optimizer"]["params"]["weight_decay"]
    named = list(network.named_parameters())
    groups = [
        {"params": [p for name, p in named if not name.endswith(NO_DECAY)], "weight_decay": decay},
        {"params": [p for name, p in named if name.endswith(NO_DECAY)], "weight_decay": 0.0},
    ]
    engine, *_ = deepspeed.initialize(model=network, model_parameters=groups, config=config)
    try:
        yield engine
    finally:
        engine.destroy()


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
