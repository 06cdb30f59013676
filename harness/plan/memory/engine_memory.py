"""What DeepSpeed 0.19.8 holds beyond the states that the ZeRO paper counts, as read in its source.

`python -m benchmarks.memory` holds it against measured peaks. P are the trained parameters, p = P / processes, w the
bytes of a parameter, b the reduce bucket:

    stages 1-3        fp32 training keeps a second fp32 copy of the partition, 4 p; in bf16 it is the paper's
    stage 0           gradients are flattened to be reduced, in parts of at most 5e8
    stages 1, 2       b and a copy of it; stage 1 also w p for its part of the reduced gradients
    stage 3           b always, a copy of it or of what is fetched ahead, and the layers that are kept gathered
    optimizer's step  gradients in fp32, and what Adam computes with: torch's `foreach` (cuda) the root of the variance,
                      its plain loop (cpu) two tensors of this size
    offload           on the host the fp32 gradient, and buffers through which gradients and parameters pass
"""

from dataclasses import dataclass
from typing import NamedTuple

from harness.plan.memory.states import WIDTH
from harness.plan.memory.zero import Zero
from harness.plan.network.counts import Counts
from harness.spec.recipe import Precision

FLATTENED = 500_000_000  # elements that stage 0 reduces at once
FP32 = 4


class Held(NamedTuple):
    """Bytes on the accelerator and on its host."""

    device: int = 0
    host: int = 0


@dataclass(frozen=True)
class Engine:
    """A network in DeepSpeed's hands; `accumulates`: over several micro-batches, so that gradients wait."""

    count: Counts
    precision: Precision
    zero: Zero
    processes: int
    cuda: bool
    accumulates: bool
    checkpointing: bool

    @property
    def width(self) -> int:
        """Bytes of a parameter."""
        return WIDTH[self.precision]

    @property
    def part(self) -> int:
        """Trained parameters that this process updates."""
        return -(-self.count.trained // (self.processes if self.zero.stage else 1))

    @property
    def bucket(self) -> int:
        """Bytes of gradients that are reduced at once."""
        limit = FLATTENED if self.zero.stage == 0 else self.zero.reduce_bucket
        return self.width * min(limit, self.count.trained)


def lasting(engine: Engine) -> Held:
    """What stays for the whole phase."""
    second = _secondary(engine)
    if engine.zero.stage == 0 or not engine.count.trained:
        return Held(second)
    bucket = _reserved(engine) if engine.zero.stage == 3 else 0
    copy = FP32 * engine.part if engine.precision == "fp32" else 0
    if engine.zero.optimizer is None:
        return Held(second + bucket + copy)
    passing = 0 if engine.zero.stage == 3 else engine.width * engine.count.largest_trained
    return Held(second + bucket + passing, passing + _beside_offloaded(engine, copy))


def _beside_offloaded(engine: Engine, copy: int) -> int:
    """What the host holds beside states that were moved there or to NVMe."""
    zero, gradients = engine.zero, engine.width * engine.part
    low = gradients * (2 if engine.accumulates else 1) if zero.stage < 3 else 0  # parameters, gradients that wait
    if zero.optimizer == "nvme":
        return low + FP32 * min(engine.part, zero.sub_group) * zero.optimizer_buffers
    # Stage 2 keeps gradients on the host in fp32 alone, stage 3 as they are, too; those of stage 1 were not moved.
    return low + copy + FP32 * engine.part - (gradients if zero.stage == 2 else 0)


def reducing(engine: Engine) -> int:
    """What stands beside activations while gradients are reduced and layers fetched."""
    zero, width = engine.zero, engine.width
    if not engine.count.trained:
        return _fetched(engine) * width if zero.stage == 3 else 0
    match zero.stage:
        case 0:
            return engine.bucket
        case 1:  # on a cpu gradients that move to pages not touched yet take no more than before
            return engine.bucket + (_reserved(engine) + width * engine.part + spread(engine) if engine.cuda else 0)
        case 2:
            return _reserved(engine) + engine.bucket + spread(engine)
        case _:
            return max(engine.bucket, width * _fetched(engine))


def spread(engine: Engine) -> int:
    """Gradients of the embeddings, which come first, are kept whole by every process that updates a part of them."""
    if engine.zero.stage not in (1, 2) or engine.zero.optimizer:
        return 0
    part, largest = engine.part, engine.count.largest_trained
    return engine.width * (min(engine.count.trained, part * max(1, -(-largest // part))) - part)


def last_gradient(engine: Engine) -> int:
    """What the largest tensor takes when its gradient comes, as that of embeddings does when all layers are done."""
    zero, size = engine.zero, engine.width * engine.count.largest_trained
    if zero.stage == 0:
        return 0
    alone = engine.count.largest_trained > zero.reduce_bucket  # too large for the bucket, it is copied by itself
    around = size if zero.stage == 3 and engine.processes > 1 else 0
    own = size if zero.stage > 1 else 0  # at stage 1 it is one of all gradients
    return around + own + (size if alone else engine.bucket)


def gathered(engine: Engine) -> int:
    """Bytes of whole parameters at stage 3: those used again soon are kept, and the next ones fetched ahead."""
    zero, count = engine.zero, engine.count
    if zero.stage < 3 or engine.processes == 1:
        return 0
    kept = kept_gathered(count, zero, engine.checkpointing)
    return engine.width * min(count.all, max(kept, count.largest) + _fetched(engine))


def kept_gathered(count: Counts, zero: Zero, checkpointing: bool) -> int:
    """How many parameters stay gathered from the forward to the backward pass.

    A parameter is used again when the layers above it have been passed backward: their parameters are met twice more,
    or three times with checkpointing, and those within `stage3_max_reuse_distance` wait.
    """
    return min(count.all, zero.reuse // (3 if checkpointing else 2)) if count.trained else 0


def stepping(engine: Engine) -> Held:
    """What the optimizer's step takes, when no activations and no gathered layers stand."""
    if not engine.count.trained:
        return Held()
    part = engine.part if engine.zero.stage < 3 else min(engine.part, engine.zero.sub_group)
    largest = engine.count.largest_trained
    adam = FP32 * part if engine.cuda else 2 * FP32 * (part if engine.zero.stage else largest)
    if engine.zero.optimizer:
        return Held(0, 2 * FP32 * part)
    if engine.zero.stage == 0:
        return Held(adam + (FP32 * part if engine.precision == "bf16" else 0))
    others = engine.width * (engine.count.trained - part) if engine.zero.stage == 1 else 0
    return Held(adam + FP32 * part + spread(engine) - others)  # what the others update has been let go


def _reserved(engine: Engine) -> int:
    """The bucket itself; memory of a cpu that is not written to is not taken."""
    return engine.width * engine.zero.reduce_bucket if engine.cuda else engine.bucket


def _fetched(engine: Engine) -> int:
    zero, count = engine.zero, engine.count
    return 0 if engine.processes == 1 else min(zero.prefetch, zero.live, count.all)


def _secondary(engine: Engine) -> int:
    """ZeRO++ hpZ: every node keeps a second copy of the parameters between its processes."""
    second = engine.zero.secondary
    return engine.width * engine.count.all // second if engine.zero.stage == 3 and second > 1 else 0
