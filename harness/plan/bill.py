"""The bill of a plan: what its phases take, kind by kind and in all, and what it saves that they are shared."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.plan.memory.peak import Memory
from harness.plan.places.step_time import StepTime


@dataclass(frozen=True)
class Amount:
    """What phases take; `unknown` of them are in no sum, since the number of their rows is not known.

    `untimed` ones are in no sum of hours: those, and those at whose rate nothing is known. FLOPs as
    harness/plan/network/flops.py defines them; `hours` by the clock, one phase after the other.
    """

    phases: int = 0
    unknown: int = 0
    untimed: int = 0
    model: int = 0
    hardware: int = 0
    hours: float = 0.0
    accelerator_hours: float = 0.0


@dataclass(frozen=True)
class Kind:
    """How phases of one kind are placed: what they share besides how long they are.

    Parameters count the heads; `offload` says what is kept where (`optimizer on cpu`), `memory` is in bytes of one
    process, `batch` micro-batch and accumulation.
    """

    model: str
    stage: str
    slug: str
    parameters: int
    trained: int
    accelerators: int
    strategy: str
    zero_stage: int
    offload: tuple[str, ...]
    checkpointing: bool
    batch: tuple[int, int]
    memory: Memory
    why: str


@dataclass(frozen=True)
class Line:
    """A kind of phase with the `ids` of its phases and what they take; `step` are seconds of one step or batch.

    `bound` is what its roofline says takes longest: compute, reading weights, or the optimizer's bytes; None where it
    is not known. `measured`: the FLOPs come from measured token lengths, not from windows of full length.
    """

    kind: Kind
    ids: tuple[str, ...]
    amount: Amount
    step: StepTime
    steps: int
    bound: str | None
    measured: bool


@dataclass(frozen=True)
class Sharing:
    """The same study as planned, and as it would be without sharing.

    `by_hand`: each state before the targets is trained once, the rest leaf by leaf. `alone`: each leaf's whole lineage
    by itself.
    """

    planned: Amount
    by_hand: Amount
    alone: Amount


@dataclass(frozen=True)
class Storage:
    """The run folder at its fullest: bytes and files; among them `weights`, and `checkpoints` of trainings at work."""

    bytes: int = 0
    weights: int = 0
    checkpoints: int = 0
    inodes: int = 0

    def excess(self, disk_gb: float | None, inodes: int | None) -> str | None:
        """What of it a disk that holds so much does not hold, in words; None where all of it fits."""
        if disk_gb is not None and self.bytes > disk_gb * 1e9:
            return (
                f"more than the {disk_gb:,g} GB that its disk may take; LoRA stores adapters alone, fewer chains less"
            )
        if inodes is not None and self.inodes > inodes:
            return f"more than the {inodes:,} files that it may have; split the sweep into several run folders"
        return None


@dataclass(frozen=True)
class Bill:
    """All of it, and what is `left` to be done; `rates` says where the rates come from, `excess` what the disk lacks.

    Up to `side_by_side` launches go on at once. `phases_per_node_hour` counts what is left. `price` is that of an
    accelerator-hour in `currency`, `watts` an accelerator's; None where they are not known.
    """

    cluster: str
    accelerators: int
    rates: str
    currency: str
    price: float | None
    watts: float | None
    lines: tuple[Line, ...]
    total: Amount
    left: Amount
    sharing: Sharing
    storage: Storage
    excess: str | None
    side_by_side: int
    phases_per_node_hour: float | None


def added(amounts: Mapping[Amount, int]) -> Amount:
    """The sum of all, each as often as it occurs."""
    names = Amount.__dataclass_fields__
    return Amount(**{name: sum(getattr(each, name) * times for each, times in amounts.items()) for name in names})
