"""Peak memory of LoRA beside full fine-tuning, at ZeRO 0 and 3, with activation checkpointing and without.

`python -m benchmarks.lora` trains a random encoder for two steps on two processes, each setting in a launch of its
own, and prints how far the resident memory of the fullest process rose above that of its imports, and the ratio to full
fine-tuning. `gathered` is the largest share of the frozen weights that lay whole in a process at once while gradients
came back (DeepSpeed#8130, #8148: recomputed layers must not stay gathered; one layer is `a layer` of them), `left` what
lay whole after the last step.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from deepspeed.runtime.zero.partition_parameters import ZeroParamStatus
from rich.console import Console
from rich.table import Table
from torch import nn

from benchmarks.launches import launched, leave, placement
from harness.plan.network.size import size
from harness.plan.places.ds_config import render
from harness.spec.cluster import Placement
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part
from harness.worker.drawing import drawing
from harness.worker.engine import build, training_engine
from harness.worker.format import Feature, MicroBatch, collate
from harness.worker.meter import Meter, resident_peak
from harness.worker.network import Network, head_specs
from harness.worker.session import Session, open_session
from harness.worker.weights import load

ARCHITECTURE = Architecture("xlm_r", 8, 640, 10, 10, 2560, 20_000)
PAIRS = Data("pairs", 1, "pair", "train", (Part("en"),), ("a", "b"))
RECIPE = Recipe(Duration("steps", 2.0), 12, 1e-4, seed=0, dropout=0.0)
ADAPTERS = LoRA(8, 16.0)
PROCESSES, STEPS, MICRO_BATCH, LENGTH = 2, 2, 6, 256
# Nothing stays gathered for later than the next layer: what DeepSpeed may keep hides what it forgets.
ZERO3 = {
    "stage3_param_persistence_threshold": 1000,
    "stage3_max_live_parameters": 1,
    "stage3_max_reuse_distance": 0,
    "stage3_prefetch_bucket_size": 0,
    "reduce_bucket_size": 5_000_000,
}
GB = 1e9


def main() -> None:
    """Measure and print."""
    states = f"{4 * size(ARCHITECTURE).parameters / GB:.2f} GB in fp32"
    layer = size(ARCHITECTURE).layers[0] / size(ARCHITECTURE).parameters
    batch = f"{MICRO_BATCH} x {LENGTH} tokens each"
    title = f"{states}, {PROCESSES} processes, {batch}, rank {ADAPTERS.rank}; a layer is {layer:.1%}"
    table = Table("stage", "checkpointing", "full GB", "LoRA GB", "LoRA / full", "gathered", "left", title=title)
    for stage in (0, 3):
        for checkpointing in (False, True):
            full, lora = (measured(method, stage, checkpointing) for method in ("full", "lora"))
            said = [f"{share:.1%}" if stage == 3 else "" for share in (lora["gathered"], lora["left"])]
            gigabytes = [f"{way['rise'] / GB:.2f}" for way in (full, lora)]
            table.add_row(str(stage), str(checkpointing), *gigabytes, f"{lora['rise'] / full['rise']:.2f}", *said)
    Console(width=110).print(table)


def measured(method: str, stage: int, checkpointing: bool) -> dict[str, float]:
    """The largest numbers of any process of one launch."""
    ranks = launched("benchmarks.lora", PROCESSES, method, str(stage), str(int(checkpointing)))
    return {name: max(rank[name] for rank in ranks) for name in ranks[0]}


def child(method: str, stage: int, checkpointing: bool) -> None:
    """Train in one process of a launch, and leave what that took."""
    at = placement(stage, PROCESSES, MICRO_BATCH, checkpointing)
    with open_session(at) as session:
        before = resident_peak()
        Meter(session.device)
        torch.manual_seed(session.rank)
        leave(session.rank, **_trained(ADAPTERS if method == "lora" else None, at, session, before))


def _trained(lora: LoRA | None, at: Placement, session: Session, before: int) -> dict[str, float]:
    start = Pretrained("made/random", "0" * 40, ARCHITECTURE)
    phase = Train(start, (PAIRS,), replace(RECIPE, lora=lora), "target")
    zero = {"stage": at.stage, **(ZERO3 if at.stage == 3 else {})}
    work = SimpleNamespace(placement=at, config=render(phase, at, {"zero_optimization": zero}), session=session)
    heads = head_specs(phase.data, ARCHITECTURE)
    network = build(lambda: Network(ARCHITECTURE, heads, 0.0, lora, at.checkpointing), cast(Any, work))
    load(network, {}, drawing(0.02, 0))
    shares: list[float] = [0.0]
    _watch(network, shares)
    with training_engine(network, work.config) as engine:
        for batch in _batches():
            engine.backward(engine(batch))
            engine.step()
        return {"rise": resident_peak() - before, "gathered": max(shares), "left": _gathered(network)}


def _watch(network: nn.Module, shares: list[float]) -> None:
    """Look at the gathered weights each time when a gradient has come to the output of a module."""

    def watched(module: nn.Module, given: object, output: object) -> None:
        states = output[0] if isinstance(output, tuple) else output
        if isinstance(states, torch.Tensor) and states.requires_grad:
            states.register_hook(lambda gradient: shares.append(_gathered(network)))

    for module in network.modules():
        module.register_forward_hook(watched)


def _gathered(network: nn.Module) -> float:
    """The share of the frozen weights that lies whole in this process; those that ZeRO never partitions left out."""
    frozen: list[Any] = [p for p in network.parameters() if not p.requires_grad and not getattr(p, "ds_persist", True)]
    whole = sum(p.ds_numel for p in frozen if p.ds_status is ZeroParamStatus.AVAILABLE)
    return whole / max(1, sum(p.ds_numel for p in frozen))


def _batches() -> Iterator[MicroBatch]:
    first = np.zeros(1, dtype=np.int64)
    for step in range(STEPS):
        drawn = np.random.default_rng(step).integers(5, ARCHITECTURE.vocabulary, (MICRO_BATCH, LENGTH))
        features = [Feature(row, tokens, first, first + row % 2) for row, tokens in enumerate(drawn)]
        yield collate("pairs", features, 1)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        child(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1")
