"""What a study took of its accelerators: hours, energy and money, by stage and device, where that is known."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis.points.costs import RecordOf, distinct
from harness.analysis.spending.usage import STAGES, Stage, stage
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing, Value
from harness.catalog import accelerators
from harness.spec.phase import AnyPhase

HOUR = 3600.0
KILO = 1000.0
JOULES = HOUR * KILO  # of a kWh
EnvironmentOf = Callable[[str], Mapping[str, Any] | Missing | None]


@dataclass(frozen=True)
class Tariff:
    """What the cluster at hand says of its accelerators, which torch calls one of `devices`: price per hour, watts."""

    devices: tuple[str, ...]
    price: float | None = None
    currency: str = "USD"
    watts: float | None = None


@dataclass(frozen=True)
class Hours:
    """Accelerator-hours by the clock of the finished phases of one stage on one device; of a cpu, of its processes.

    `joules` is what the accelerators told of their energy; None unless those of every phase did.
    """

    stage: Stage
    device: str
    phases: int
    hours: Value
    joules: float | None = None


def hours(phases: Iterable[AnyPhase], record_of: RecordOf, environment_of: EnvironmentOf) -> tuple[Hours, ...]:
    """By stage and device; each distinct phase counts once. Missing where a record or environment does not say."""
    found: dict[tuple[Stage, str], list[tuple[Value, float | None]]] = {}
    for key, phase in distinct(phases).items():
        record = record_of(key)
        if record is None:
            continue
        environment = environment_of(key)
        known = environment if isinstance(environment, Mapping) else {}
        device, processes = str(known.get("device", "not known")), known.get("world_size")
        if record.wall_seconds is None or not isinstance(processes, int):
            took: Value = Missing(
                "records or environments of an earlier version, which do not say how long on how many"
            )
        else:
            took = record.wall_seconds * processes / HOUR
        found.setdefault((stage(phase), device), []).append((took, record.energy_joules))
    ordered = sorted(found, key=lambda place: STAGES.index(place[0]))
    return tuple(_together(name, device, found[name, device]) for name, device in ordered)


def energy(each: Hours, tariff: Tariff | None) -> Value:
    """Electricity in kWh: what accelerators told, else at the most that the cluster's file or the maker says."""
    if each.joules is not None:
        return each.joules / JOULES
    if isinstance(each.hours, Missing):
        return each.hours
    device = accelerators.reported(each.device)
    watts = device.watts if device else None
    if tariff and each.device in tariff.devices and tariff.watts:
        watts = tariff.watts
    if watts is None:
        return Missing(f"no power of {each.device} is known; `watts` in the cluster's file says it")
    return each.hours * watts / KILO


def money(each: Hours, tariff: Tariff | None) -> Value:
    """In the currency of the tariff."""
    if isinstance(each.hours, Missing):
        return each.hours
    if tariff is None or tariff.price is None or each.device not in tariff.devices:
        return Missing(f"no price of {each.device} is known; `price` in the cluster's file says it")
    return each.hours * tariff.price


def total_hours(found: Iterable[Hours]) -> Value:
    """Of all stages and devices."""
    return _sum([each.hours for each in found])


def hours_table(found: tuple[Hours, ...], tariff: Tariff | None) -> Table:
    """One row per stage and device, and their sums; what is missing with its reason below."""
    currency = tariff.currency if tariff and tariff.price else "money"
    columns = ([each.hours for each in found], [energy(e, tariff) for e in found], [money(e, tariff) for e in found])
    sums = tuple(_sum(list(column)) for column in columns)
    return Table(
        title="Accelerators: hours, energy and money",
        columns=("stage", "device", "phases", "accelerator-hours", "kWh", currency),
        sections=(
            tuple(_row(*row) for row in zip(found, *columns, strict=True)),
            (("all", "", str(sum(each.phases for each in found)), *map(_text, sums)),),
        ),
        names=2,
        notes=(
            "accelerator-hours: of finished phases, by the clock, start and end included, times processes",
            _measured(found),
            *_reasons(value for column in columns for value in column),
        ),
    )


def _together(name: Stage, device: str, took: Sequence[tuple[Value, float | None]]) -> Hours:
    joules = [told for _, told in took if told is not None]
    measured = sum(joules) if len(joules) == len(took) else None
    return Hours(name, device, len(took), _sum([hours for hours, _ in took]), measured)


def _measured(found: Iterable[Hours]) -> str:
    """Where the energy comes from."""
    told = [each.stage for each in found if each.joules is not None]
    rated = "those hours at the greatest power, by the cluster's file or else the maker, without cooling"
    if not told:
        return f"kWh: {rated}"
    return f"kWh: what accelerators measured, in {', '.join(dict.fromkeys(told))}; else {rated}"


def _row(each: Hours, *values: Value) -> Row:
    return (each.stage, each.device, str(each.phases), *map(_text, values))


def _text(value: Value) -> str:
    return "missing" if isinstance(value, Missing) else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def _reasons(values: Iterable[Value]) -> Iterator[str]:
    reasons = (value.reason for value in values if isinstance(value, Missing))
    return (f"missing: {reason}" for reason in dict.fromkeys(reasons))


def _sum(values: list[Value]) -> Value:
    total = 0.0
    for value in values:
        if isinstance(value, Missing):
            return value
        total += value
    return total
