"""Bytes that a layer keeps for its backward pass, and that reading takes at once, against torch, in every family."""

import weakref
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from harness.plan.memory.activations import Kept, activations, layer_bytes
from harness.plan.memory.states import WIDTH
from harness.spec.cluster import Placement
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate
from harness.spec.recipe import LoRA, Precision, Window
from harness.spec.task import Data, Part
from harness.worker.network import Network
from tests.unit.worker.families import SMALL

SEQUENCES, LENGTH = 2, 64
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
# RemBERT computes its softmax in bf16, all others with maps in fp32; ModernBERT keeps fused query and key twice.
LOOSE = {("rembert", "bf16"): 0.5, ("modernbert", "fp32"): 0.12, ("modernbert", "bf16"): 0.12, ("mt5", "bf16"): 0.08}


def _wide(family: str) -> Architecture:
    """Wide enough that what a head or a sequence keeps besides is little."""
    made = SMALL[family]
    return replace(made, hidden=256, heads=8, kv_heads=8 * made.kv_heads // 4, ffn=1024, head_size=None)


def _saved(model: Architecture, precision: Precision, lora: LoRA | None = None) -> int:
    """Bytes that a forward pass keeps besides parameters."""
    torch.set_default_dtype(torch.float32 if precision == "fp32" else torch.bfloat16)
    try:
        network = Network(model, {}, 0.0, lora).train()
    finally:
        torch.set_default_dtype(torch.float32)
    held = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.02)
    ids, mask = torch.full((SEQUENCES, LENGTH), 7), torch.ones(SEQUENCES, LENGTH, dtype=torch.long)
    mask[0, -1] = 0
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        out = network.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        assert out.requires_grad
        return sum(storage.nbytes() for address, storage in kept.items() if address not in held)


def _of_layer(model: Architecture, precision: Precision, lora: LoRA | None = None) -> float:
    """Bytes of a token and layer: what a third layer adds."""
    more = _saved(replace(model, layers=3), precision, lora) - _saved(replace(model, layers=2), precision, lora)
    return more / SEQUENCES / LENGTH


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_layer_keeps_what_torch_saves(family: str, precision: Precision) -> None:
    """Within 5 %, and never much less than torch; the exceptions say how far they are off."""
    model = _wide(family)
    counted = layer_bytes(Kept(model, WIDTH[precision], LENGTH))
    assert counted == pytest.approx(_of_layer(model, precision), rel=LOOSE.get((family, precision), 0.05))


@pytest.mark.parametrize("family", ["xlm_r", "llama"])
@pytest.mark.parametrize("targets", [("query", "value"), ("query", "up")])
def test_frozen_matrices_keep_no_input(family: str, targets: tuple[str, ...]) -> None:
    """Under LoRA; the adapters' own numbers are few."""
    model, lora = _wide(family), LoRA(2, 4.0, targets)  # type: ignore[arg-type]
    counted = layer_bytes(Kept(model, 4, LENGTH, lora=lora))
    assert counted == pytest.approx(_of_layer(model, "fp32", lora), rel=0.05)
    assert counted < layer_bytes(Kept(model, 4, LENGTH))


def test_maps_grow_with_length() -> None:
    """Only where attention keeps them."""
    for family, grows in (("bloom", True), ("xlm_r", False)):
        short, long = (layer_bytes(Kept(_wide(family), 2, length)) for length in (64, 512))
        assert (long > short) == grows


def test_dropout_costs_more_on_a_cpu() -> None:
    """Where it takes a number, and fused attention has none."""
    cpu, cuda = (layer_bytes(Kept(_wide("xlm_r"), 4, LENGTH, dropout=True, cuda=cuda)) for cuda in (False, True))
    assert cuda == layer_bytes(Kept(_wide("xlm_r"), 4, LENGTH)) + 2 * 256
    assert cpu > cuda


class Peak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Most bytes of tensors made inside that lived at once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = self.now = 0
        self._living: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage()._cdata not in self._living:
                self._lives(tensor.untyped_storage())
        return out

    def _lives(self, storage: torch.UntypedStorage) -> None:
        self._living[storage._cdata] = storage.nbytes()
        self.now += storage.nbytes()
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._ends, storage._cdata)

    def _ends(self, key: int) -> None:
        self.now -= self._living.pop(key, 0)


def _read_at_once(model: Architecture, precision: Precision, length: int) -> int:
    torch.set_default_dtype(torch.float32 if precision == "fp32" else torch.bfloat16)
    try:
        network = Network(model, {}, 0.0).eval()
    finally:
        torch.set_default_dtype(torch.float32)
    ids, mask = torch.full((1, length), 7), torch.ones(1, length, dtype=torch.long)
    mask[0, -1] = 0
    with torch.no_grad(), Peak() as peak:
        network.encoder(input_ids=ids, attention_mask=mask)
    return int(peak.most)


def _planned(model: Architecture, precision: Precision, length: int) -> int:
    data = Data("pairs", 1, "retrieval", "test", (Part("en"),))
    phase = Evaluate(Pretrained("made/model", "0" * 40, model), data, Window(length), None, precision)
    return activations(phase, Placement("cpu", 1, 0, "zero0", 1, 1, length, 600))


@pytest.mark.parametrize("family", ["bloom", "mt5", "rembert", "xlm_r", "llama"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_reading_takes_the_maps_that_attention_makes(family: str, precision: Precision) -> None:
    """Bytes of a pair of tokens and head: what twice the length takes beyond twice as much, where heads are many."""
    model = replace(SMALL[family], hidden=64, heads=32, kv_heads=32, head_size=None, ffn=64, max_positions=512)

    def slope(take: Any) -> float:
        pairs = 2 * 128 * 128 * 32
        return float(take(model, precision, 256) - 2 * take(model, precision, 128)) / pairs

    assert slope(_planned) == pytest.approx(slope(_read_at_once), abs=0.4)
    assert (slope(_planned) > 0) == (family in ("bloom", "mt5", "rembert"))
