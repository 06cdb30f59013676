"""How well accelerators are used, and what bounds a step: arithmetic, the weights it reads, or the optimizer's bytes.

MFU is Chowdhery et al. 2022's (PaLM, appendix B): FLOPs that the model needs over those that the accelerators could
have done in the time, dense and unsparsified; HFU counts all that was executed (Korthikanti et al. 2022, section 6).
Padding, idle heads and recomputation raise HFU alone. The roofline is that of Williams et al. 2009: work takes at least
its FLOPs over the peak rate, and at least its bytes over the memory's bandwidth.
"""

from typing import NamedTuple

from harness.plan.memory.states import WIDTH
from harness.plan.network.counts import counts, running
from harness.plan.network.heads import OVER_VOCABULARY
from harness.plan.network.lora import first_layer
from harness.plan.network.size import size
from harness.plan.places.rates import Peak
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate, Train
from harness.spec.record import Cost

# Adam's of a parameter. In fp32 it reads gradient, parameter, momentum and variance, and writes the last three, 4 bytes
# each; in bf16 the fp32 copy stands for the parameter, which is written besides, and it and the gradient have 2 bytes.
ADAM_BYTES = 28


class Roofline(NamedTuple):
    """The least seconds of an optimiser step, or of an evaluation's batch, by what takes them."""

    compute: float
    weights: float
    optimizer: float

    @property
    def bound(self) -> str:
        """What takes longest, by name."""
        return max(self._asdict().items(), key=lambda item: item[1])[0]


def mfu(cost: Cost, seconds: float, peak: float) -> float:
    """Model FLOPs utilisation; `peak` in FLOP/s of all accelerators together."""
    return cost.model / (seconds * peak)


def hfu(cost: Cost, seconds: float, peak: float) -> float:
    """Hardware FLOPs utilisation, with what only keeps processes in step."""
    return (cost.hardware + cost.filler) / (seconds * peak)


def roofline(phase: Train | Evaluate, hardware_flops: float, placement: Placement, peak: Peak) -> Roofline:
    """That of a step of `hardware_flops` over all accelerators."""
    return Roofline(
        compute=hardware_flops / placement.world_size / peak.flops,
        weights=weight_bytes(phase, placement) / peak.bandwidth,
        optimizer=optimizer_bytes(phase, placement) / peak.bandwidth,
    )


def weight_bytes(phase: Train | Evaluate, placement: Placement) -> int:
    """What a process reads of weights in a step: in each pass of each micro-batch; and the gradients that it writes.

    Embeddings are looked up, but multiplied with where text is predicted. Layers below the first adapter are passed
    once.
    """
    count, model = counts(phase), running(phase)
    read = count.trained + count.frozen - size(model).embeddings
    if isinstance(phase, Evaluate):
        return WIDTH[phase.precision] * read
    if any(data.format in OVER_VOCABULARY for data in phase.data):
        read += model.vocabulary * (model.embedding or model.hidden)
    again = 1 + placement.checkpointing
    lora = phase.recipe.lora
    once = sum(size(model).layers[: first_layer(model, lora)]) if lora else 0
    moved = read + again * (read - once) + count.trained
    return WIDTH[phase.recipe.precision] * placement.accumulation * moved


def optimizer_bytes(phase: Train | Evaluate, placement: Placement) -> int:
    """What Adam touches in a process: its part of the trained parameters, or all of them at stage 0."""
    return ADAM_BYTES * counts(phase).trained // (placement.world_size if placement.stage >= 1 else 1)
