"""How fast the accelerators of a sweep really work: from its finished phases, from a measured ceiling, or assumed."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from harness.catalog import accelerators
from harness.files.atomic import read_text
from harness.files.ceiling import Ceiling, read_ceiling
from harness.files.layout import PhaseFolder
from harness.plan.memory.peak import Memory
from harness.plan.places.placement import Choice
from harness.plan.places.rates import Rates, assumed, calibrated, of_ceiling, with_overhead
from harness.plan.places.step_time import StepTime, step_time
from harness.run.store import States
from harness.run.study import Work
from harness.spec.cluster import Cluster, Placement
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.phase import Evaluate, Train, architecture
from harness.spec.record import Cost

RatesOf = Callable[[Train | Evaluate, int], Rates | None]  # of a phase on so many processes
Known = tuple[Train, PhaseFolder, Cost]


class Ran(NamedTuple):
    """A finished phase on its part of the cluster, and what it took."""

    phase: Train
    choice: Choice
    part: Cluster
    cost: Cost

    def told(self, rates: Rates, hardware_flops: float) -> StepTime:
        """What `rates` tell of a step of it."""
        return step_time(self.phase, hardware_flops, self.choice, self.part, rates)


def rates(work: Work, standing: States) -> RatesOf:
    """The rates at which a phase will run; None for a device of which nothing is known.

    Trained phases of the same model, precision and method on the cluster's device tell them; else `harness doctor`. The
    overhead of gathering is known where some of them gathered their layers and some did not. On a cpu those on as many
    processes come first, since processes share its caches and memory.
    """
    ceiling = _ceiling(work)
    known: dict[Hashable, list[Known]] = defaultdict(list)
    for state in standing.values():
        if isinstance(state.phase, Train) and state.recorded and (record := state.folder.record()):
            known[_kind(state.phase)].append((state.phase, state.folder, record.cost))
    found: dict[Hashable, Rates | None] = {}

    def of(phase: Train | Evaluate, processes: int) -> Rates | None:
        kind = _kind(phase)
        if (kind, processes) not in found:
            guess = _guess(work, phase, ceiling)
            ran = list(_ran(work, known[kind]))
            alike = [
                each for each in ran if work.cluster.accelerator == "cpu" and each.choice.accelerators == processes
            ]
            found[kind, processes] = guess and _measured(guess, alike or ran)
        return found[kind, processes]

    return of


def _kind(phase: Train | Evaluate) -> Hashable:
    """Evaluations have the rate of training: both do the same products, and few are timed by themselves."""
    if isinstance(phase, Evaluate):
        return architecture(phase), phase.precision, False
    return architecture(phase), phase.recipe.precision, phase.recipe.lora is not None


def _guess(work: Work, phase: Train | Evaluate, ceiling: Ceiling | None) -> Rates | None:
    precision = phase.precision
    if ceiling is None:
        return assumed(work.cluster, precision)
    return of_ceiling(ceiling.matmul(precision), ceiling.bandwidth)


def _measured(guess: Rates, ran: list[Ran]) -> Rates:
    gathering = [each for each in ran if each.choice.gathers]
    plain = [each for each in ran if not each.choice.gathers]
    if not ran:
        return guess
    found = _calibrated(guess, plain or gathering)
    if not plain or not gathering:
        return found
    told = sum(each.cost.steps * each.told(found, each.cost.hardware / each.cost.steps).seconds for each in gathering)
    micro_batches = sum(each.cost.steps * each.choice.placement.accumulation for each in gathering)
    return with_overhead(found, sum(each.cost.seconds for each in gathering), told, micro_batches)


def _ran(work: Work, known: list[Known]) -> Iterator[Ran]:
    for phase, folder, cost in known:
        if cost.seconds and cost.steps and _is_ours(work, _told(folder)):
            with suppress(HarnessError):  # from damaged files nothing is learnt
                choice = _choice(folder)
                yield Ran(phase, choice, work.cluster.part(choice.accelerators), cost)


def _calibrated(guess: Rates, ran: list[Ran]) -> Rates:
    flops = sum(each.cost.hardware / each.choice.accelerators for each in ran)
    besides = sum(each.cost.steps * each.told(guess, 0.0).besides for each in ran)
    where = f"{len(ran)} finished phase{'' if len(ran) == 1 else 's'} of the same model"
    return calibrated(guess, flops, sum(each.cost.seconds for each in ran), besides, where)


def _choice(folder: PhaseFolder) -> Choice:
    """Where a phase ran, as its files say."""
    place: Placement = from_json(Placement, read_text(folder.placement_file, "a placement"), str(folder.placement_file))
    text = read_text(folder.ds_config_file, "a DeepSpeed configuration")
    options: dict[str, Any] = from_json(dict[str, Any], text, str(folder.ds_config_file))
    return Choice(place.strategy, options, place, place.world_size, Memory(), "as it ran")


def _told(folder: PhaseFolder) -> str:
    try:
        text = read_text(folder.environment_file, "an environment")
        return str(from_json(dict[str, Any], text, str(folder.environment_file)).get("device", ""))
    except HarnessError:
        return ""


def _ceiling(work: Work) -> Ceiling | None:
    found = read_ceiling(work.runs)
    return found if found and _is_ours(work, found.device) else None


def _is_ours(work: Work, told: str) -> bool:
    """Whether what a machine calls its device is the cluster's."""
    hardware = work.cluster.hardware
    device = accelerators.device(hardware.device) if hardware else None
    return told in device.reported if device else accelerators.reported(told) is None
