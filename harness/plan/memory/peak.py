"""Memory that a phase takes on each accelerator, on its host and on NVMe, in bytes per process.

The states are those of the ZeRO paper (states.py), activations and what DeepSpeed holds besides are counted in
activations.py and engine_memory.py, constants measured (memory_constants.py).
"""

from dataclasses import dataclass, replace
from typing import Any

from harness.plan.memory.activations import activations
from harness.plan.memory.engine_memory import Engine, gathered, last_gradient, lasting, reducing, stepping
from harness.plan.memory.memory_constants import constants
from harness.plan.memory.states import States, states
from harness.plan.memory.zero import zero
from harness.plan.network.counts import counts, running
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate, Train

WRITTEN = 2 << 30  # bytes of weights that the first process collects before it writes them


@dataclass(frozen=True)
class Memory:
    """Peak bytes of one process by what holds them; what is offloaded counts in `host` or `nvme`, not above.

    `activations` are those beside all gradients: what a backward pass frees while gradients come is not counted twice.
    `gathered` are whole layers that ZeRO-3 has gathered, `buffers` communication buckets and what DeepSpeed keeps
    besides. `update` is what the optimizer's step takes above the room that activations, gathered layers and buckets
    have left. `base` is what torch itself takes, `margin` what fragmentation may cost. A cpu has one memory for all:
    there `accelerator` and `host` together are a process's.
    """

    parameters: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    gathered: int = 0
    buffers: int = 0
    update: int = 0
    base: int = 0
    margin: int = 0
    host: int = 0
    nvme: int = 0

    @property
    def states(self) -> int:
        """Parameters, gradients and optimizer states, the table of the ZeRO paper."""
        return self.parameters + self.gradients + self.optimizer

    @property
    def taken(self) -> int:
        """What the phase puts there."""
        return self.states + self.activations + self.gathered + self.buffers + self.update

    @property
    def accelerator(self) -> int:
        """All that must fit in the memory of one accelerator."""
        return self.taken + self.base + self.margin


def memory(phase: Train | Evaluate, placement: Placement, options: dict[str, Any]) -> Memory:
    """Peak memory of `phase` as it is placed, under a strategy's DeepSpeed `options`."""
    engine = engine_of(phase, placement, options)
    stay, moved = _placed(engine)
    live, around = _beside_gradients(phase, placement, engine), gathered(engine)
    rest, step = lasting(engine), stepping(engine)
    passing = max(reducing(engine), last_gradient(engine) - live - around)
    flow = live + around + passing
    taken = Memory(*stay, live, around, rest.device + passing, max(0, step.device - flow))
    late = max(step.host, _written(engine))  # on the host, when nothing flows on the device
    known = constants(placement.accelerator)
    return replace(
        taken,
        base=known.base + (known.group if engine.processes > 1 else 0),
        margin=round(known.margin * taken.taken),
        host=moved["cpu"] + rest.host + (late if engine.cuda else max(0, late - flow - taken.update)),
        nvme=moved["nvme"],
    )


def engine_of(phase: Train | Evaluate, placement: Placement, options: dict[str, Any]) -> Engine:
    """The phase in DeepSpeed's hands."""
    return Engine(
        count=counts(phase),
        precision=phase.precision,
        zero=zero(options),
        processes=placement.world_size,
        cuda=placement.accelerator == "cuda",
        accumulates=placement.accumulation > 1,
        checkpointing=placement.checkpointing,
    )


def _placed(engine: Engine) -> tuple[States, dict[str, int]]:
    """The states that stay on the accelerator, and the bytes of those that are offloaded by device."""
    count, options = engine.count, engine.zero
    held = states(count.trained, count.frozen, engine.precision, options.stage, engine.processes)
    moved = {"cpu": 0, "nvme": 0}
    if options.parameters:
        in_host = held.parameters
        if options.parameters == "nvme":
            in_host = min(in_host, engine.width * options.parameters_in_host)
            moved["cpu"] += engine.width * options.parameter_buffers
        moved["cpu"] += in_host
        moved["nvme"] += held.parameters - in_host
        held = held._replace(parameters=0)
    if options.optimizer:
        moved[options.optimizer] += held.optimizer + (held.gradients if options.stage > 1 else 0)
        held = held._replace(optimizer=0, gradients=held.gradients if options.stage < 2 else 0)
    return held, moved


def _beside_gradients(phase: Train | Evaluate, placement: Placement, engine: Engine) -> int:
    """Activations, less what is free again when all gradients stand, where no process has them from the start."""
    live = activations(phase, placement)
    if engine.zero.stage > 1 or engine.accumulates or not engine.count.trained:
        return live
    return max(live - engine.width * engine.count.trained, live // (running(phase).layers + 1))


def _written(engine: Engine) -> int:
    """What the first process collects to write, when most gradients are gone."""
    gone = engine.width * engine.part if engine.zero.stage < 3 and not engine.cuda else 0
    return min(4 * engine.count.trained, WRITTEN) + 4 * engine.count.largest_trained - gone
