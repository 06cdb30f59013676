"""The curves of a training phase from its journal: thinned so that those of a longer journal begin with the same."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.run.track.projection.tracked import Measured, milliseconds

CURVES = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm", "flops_model": "flops/model"}
CURVE_POINTS = 30  # about, of each curve: rows are what a store takes longest for; the journal keeps every step
APART = 30.0  # seconds, at most, between two points of a phase that is young: whoever looks on sees it grow
SHARE = 1 / 50  # of its age, at most, between two points of an older one: 200 points in ten hours
# MLflow's own names, so that its page of system metrics shows them; its megabytes have 10^6 bytes. `gpu_0` is all
# devices of the first host together: their mean use, the sums of their memory and power.
SYSTEM = {
    "cpu_percent": ("system/cpu_utilization_percentage", 1.0),
    "memory_bytes": ("system/system_memory_usage_megabytes", 1e-6),
    "process_memory_bytes": ("system/process_memory_usage_megabytes", 1e-6),
    "accelerator_percent": ("system/gpu_0_utilization_percentage", 1.0),
    "accelerator_memory_bytes": ("system/gpu_0_memory_usage_megabytes", 1e-6),
    "accelerator_watts": ("system/gpu_0_power_usage_watts", 1.0),
}

Event = Mapping[str, Any]


def curves(events: Iterable[Event], ended: bool) -> tuple[Measured, ...]:
    """Metrics of the steps that are kept, in their order, and of the last one once the phase has `ended`.

    Every step among `events` is whole. The first sample of the host is kept, and after each step that is kept the
    first one before the next.
    """
    found: list[Measured] = []
    last: Event | None = None
    kept, due = False, True
    began = shown = math.nan
    for event in events:
        if event.get("event") == "step":
            began = event["time"] if last is None else began
            apart = max(APART, SHARE * (event["time"] - began))
            last, kept = event, is_kept(event["step"], event.get("steps")) or event["time"] - shown >= apart
            shown = event["time"] if kept else shown
            found += _step(event) if kept else ()
            due = due or kept
        elif event.get("event") == "system" and due and _is_number(event.get("time")):
            found += _system(event, int(last["step"]) if last else 0)
            due = False
    return (*found, *(_step(last) if ended and last and not kept else ()))


def is_whole(event: Event) -> bool:
    """Whether a step has a place on the axes and finite numbers; a damaged one is left out."""
    told = [event.get("time"), event.get("step"), *(event.get(name) or 0 for name in CURVES)]
    return all(map(_is_number, told))


def is_kept(step: int, planned: int | None) -> bool:
    """Whether a step is on the curves; it depends on nothing that becomes known later.

    Of so many `planned` steps about CURVE_POINTS at equal distances; where that is not known, all below 100, every
    tenth below 1,000, and so on.
    """
    if planned:
        return step % math.ceil(planned / CURVE_POINTS) == 0
    return step % int(10 ** max(0, len(str(step)) - 2)) == 0


def _step(event: Event) -> Iterator[Measured]:
    for field, metric in CURVES.items():
        if event.get(field) is not None:
            yield metric, float(event[field]), milliseconds(event["time"]), int(event["step"])


def _system(event: Event, step: int) -> Iterator[Measured]:
    for field, (metric, scale) in SYSTEM.items():
        number = event.get(field)
        if number is not None and _is_number(number):
            yield metric, number * scale, milliseconds(event["time"]), step


def _is_number(given: Any) -> bool:
    return type(given) in (int, float) and math.isfinite(given)
