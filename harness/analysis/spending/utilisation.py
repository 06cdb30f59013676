"""How well the steps of a study used its accelerators, by stage: MFU and HFU of what was promised or was measured."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.analysis.points.costs import RecordOf, distinct
from harness.analysis.spending.usage import STAGES, Stage, stage
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing, Value, present
from harness.catalog import accelerators
from harness.files.ceiling import Ceiling
from harness.plan.places.roofline import hfu, mfu
from harness.plan.sweeps.study import Coordinates, PlannedPoint
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage
from harness.spec.recipe import Precision
from harness.spec.record import Cost

EnvironmentOf = Callable[[str], Mapping[str, Any] | Missing | None]


@dataclass(frozen=True)
class Utilisation:
    """The steps of a stage's finished phases: their cost, and FLOP that their processes could have done meanwhile.

    `promised` goes by the makers' dense peaks, `measured` by what `harness doctor` found.
    """

    cost: Cost
    promised: Value
    measured: Value


class _Ran(NamedTuple):
    """What a phase ran on."""

    device: str
    processes: int
    threads: int
    precision: Precision


def utilisation(
    phases: Iterable[AnyPhase], record_of: RecordOf, environment_of: EnvironmentOf, ceiling: Ceiling | None
) -> dict[Stage, Utilisation]:
    """What each stage that has finished steps made of its accelerators."""
    found: dict[Stage, list[Utilisation]] = {}
    for key, phase in distinct(phases).items():
        record = record_of(key)
        if record and record.cost.seconds and isinstance(phase, Train | Evaluate):
            ran, seconds = _ran(phase, environment_of(key)), record.cost.seconds
            able = Utilisation(record.cost, _times(_promised(ran), seconds), _times(_measured(ran, ceiling), seconds))
            found.setdefault(stage(phase), []).append(able)
    return {name: _together(found[name]) for name in STAGES if name in found}


def point_mfu(
    points: Iterable[PlannedPoint], record_of: RecordOf, environment_of: EnvironmentOf, ceiling: Ceiling | None
) -> dict[Coordinates, dict[str, Value]]:
    """The MFU (a share of 1) of each point's intermediate and target training together, by name.

    `mfu` goes by the makers' dense peaks, `mfu_measured` by what `harness doctor` found; a point without such training
    has none.
    """
    found: dict[Coordinates, dict[str, Value]] = {}
    for point in points:
        stages = distinct(stage for leaf in point.leaves for stage in lineage(leaf) if stage.role != "pretrain")
        used = utilisation(stages.values(), record_of, environment_of, ceiling)
        if stages and all(map(record_of, stages)) and used:
            whole = _together(list(used.values()))
            shares = {"mfu": whole.promised, "mfu_measured": whole.measured}
            found[point.at] = {name: _mfu(whole.cost, able) for name, able in shares.items()}
        elif stages:
            found[point.at] = dict.fromkeys(("mfu", "mfu_measured"), Missing("not every phase is finished"))
    return found


def utilisation_table(found: Mapping[Stage, Utilisation]) -> Table:
    """One row per stage, with the reasons why a share is missing."""
    able = [value for used in found.values() for value in (used.promised, used.measured)]
    return Table(
        title="Use of the accelerators",
        columns=("stage", "model FLOP/s", "MFU promised", "HFU promised", "MFU measured", "HFU measured"),
        sections=(tuple(_row(name, used) for name, used in found.items()),),
        notes=(
            "of the time of steps alone, of evaluations with search and decoding; promised: in percent of the makers' "
            "dense peaks, measured: of the matrix products that `harness doctor` timed; HFU counts padding, idle heads "
            "and recomputation, of whole layers",
            *dict.fromkeys(f"missing: {value.reason}" for value in able if isinstance(value, Missing)),
        ),
    )


def _ran(phase: Train | Evaluate, environment: Mapping[str, Any] | Missing | None) -> _Ran | Missing:
    if isinstance(environment, Missing):
        return environment
    known = environment or {}
    if not {"device", "world_size", "threads"} <= known.keys():
        return Missing("environments that do not say what a phase ran on")
    precision = phase.precision
    return _Ran(str(known["device"]), int(known["world_size"]), int(known["threads"]), precision)


def _promised(ran: _Ran | Missing) -> Value:
    """FLOP/s of all processes together."""
    if isinstance(ran, Missing):
        return ran
    device = accelerators.reported(ran.device)
    peak = device.peak(ran.precision) if device else None
    return Missing(f"no maker's peak of {ran.device} in {ran.precision}") if peak is None else ran.processes * peak


def _measured(ran: _Ran | Missing, ceiling: Ceiling | None) -> Value:
    """FLOP/s of all processes together; those of a host in proportion to their threads."""
    if isinstance(ran, Missing):
        return ran
    if ceiling is None or ceiling.device != ran.device:
        return Missing(f"no ceiling of {ran.device}; `harness doctor` measures it")
    share = 1.0 if accelerators.reported(ran.device) else ran.threads / ceiling.threads
    return ran.processes * share * ceiling.matmul(ran.precision)


def _mfu(cost: Cost, able: Value) -> Value:
    return able if isinstance(able, Missing) else mfu(cost, cost.seconds, able / cost.seconds)


def _times(peak: Value, seconds: float) -> Value:
    return peak if isinstance(peak, Missing) else peak * seconds


def _together(used: list[Utilisation]) -> Utilisation:
    return Utilisation(
        cost=sum((each.cost for each in used), start=Cost()),
        promised=_sum([each.promised for each in used]),
        measured=_sum([each.measured for each in used]),
    )


def _sum(values: list[Value]) -> Value:
    return next((value for value in values if isinstance(value, Missing)), sum(present(values)))


def _row(name: Stage, used: Utilisation) -> Row:
    rate = used.cost.model / used.cost.seconds
    return (name, f"{rate:.2e}", *_shares(used.cost, used.promised), *_shares(used.cost, used.measured))


def _shares(cost: Cost, able: Value) -> tuple[str, str]:
    if isinstance(able, Missing):
        return "missing", "missing"
    shares = (of(cost, cost.seconds, able / cost.seconds) for of in (mfu, hfu))
    return tuple(f"{100 * share:.1f} %" for share in shares)  # type: ignore[return-value]
