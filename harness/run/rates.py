"""How fast the accelerators of a sweep really work: from its finished phases, from a measured ceiling, or assumed."""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from harness.catalog import accelerators
from harness.files.atomic import read_text
from harness.files.ceiling import Ceiling, read_ceiling
from harness.files.layout import PhaseFolder
from harness.plan.memory import Memory
from harness.plan.placement import Choice
from harness.plan.rates import Rates, assumed, calibrated, of_ceiling
from harness.plan.step_time import step_time
from harness.run.store import States
from harness.run.study import Work
from harness.spec.cluster import Placement
from harness.spec.load import from_json
from harness.spec.phase import Evaluate, Train, architecture
from harness.spec.record import Cost

RatesOf = Callable[[Train | Evaluate], Rates | None]
Known = tuple[Train, PhaseFolder, Cost]


class Seen(NamedTuple):
    """Finished phases of a kind: hardware FLOPs of an accelerator, its seconds, those besides compute, how many."""

    flops: float = 0.0
    seconds: float = 0.0
    besides: float = 0.0
    phases: int = 0

    def plus(self, other: "Seen") -> "Seen":
        """Both."""
        seconds, besides = self.seconds + other.seconds, self.besides + other.besides
        return Seen(self.flops + other.flops, seconds, besides, self.phases + other.phases)


def rates(work: Work, standing: States) -> RatesOf:
    """The rates at which a phase will run; None for a device of which nothing is known.

    Trained phases of the same model, precision and method on the cluster's device tell them; else `harness doctor`.
    """
    ceiling = _ceiling(work)
    known: dict[Hashable, list[Known]] = defaultdict(list)
    for state in standing.values():
        if isinstance(state.phase, Train) and state.recorded and (record := state.folder.record()):
            known[_kind(state.phase)].append((state.phase, state.folder, record.cost))
    found: dict[Hashable, Rates | None] = {}

    def of(phase: Train | Evaluate) -> Rates | None:
        kind = _kind(phase)
        if kind not in found:
            guess = _guess(work, phase, ceiling)
            found[kind] = guess and _measured(work, guess, known[kind])
        return found[kind]

    return of


def _kind(phase: Train | Evaluate) -> Hashable:
    """Evaluations have the rate of training: both do the same products, and few are timed by themselves."""
    if isinstance(phase, Evaluate):
        return architecture(phase), phase.precision, False
    return architecture(phase), phase.recipe.precision, phase.recipe.lora is not None


def _guess(work: Work, phase: Train | Evaluate, ceiling: Ceiling | None) -> Rates | None:
    precision = phase.precision if isinstance(phase, Evaluate) else phase.recipe.precision
    if ceiling is None:
        return assumed(work.cluster, precision)
    return of_ceiling(ceiling.matmul(precision), ceiling.bandwidth)


def _measured(work: Work, guess: Rates, known: list[Known]) -> Rates:
    seen = Seen()
    for phase, folder, cost in known:
        if cost.seconds and cost.steps and _is_ours(work, _told(folder)):
            choice = _choice(folder)
            part = work.cluster.part(choice.accelerators)
            besides = cost.steps * step_time(phase, 0.0, choice, part, guess).besides
            own = Seen(cost.hardware / choice.accelerators, cost.seconds, besides, 1)
            seen = seen.plus(own)
    if not seen.phases:
        return guess
    where = f"{seen.phases} finished phase{'' if seen.phases == 1 else 's'} of the same model"
    return calibrated(guess, seen.flops, seen.seconds, seen.besides, where)


def _choice(folder: PhaseFolder) -> Choice:
    """Where a phase ran, as its files say."""
    place: Placement = from_json(Placement, read_text(folder.placement_file, "a placement"), str(folder.placement_file))
    options = json.loads(read_text(folder.ds_config_file, "a DeepSpeed configuration"))
    return Choice(place.strategy, options, place, place.world_size, Memory(), "as it ran")


def _told(folder: PhaseFolder) -> str:
    if not folder.environment_file.exists():
        return ""
    return str(json.loads(folder.environment_file.read_text()).get("device", ""))


def _ceiling(work: Work) -> Ceiling | None:
    found = read_ceiling(work.runs)
    return found if found and _is_ours(work, found.device) else None


def _is_ours(work: Work, told: str) -> bool:
    """Whether what a machine calls its device is the cluster's."""
    hardware = work.cluster.hardware
    device = accelerators.device(hardware.device) if hardware else None
    return told in device.reported if device else accelerators.reported(told) is None
