"""What the phases of a study took: seconds by the clock and memory, by stage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from harness.analysis.points.costs import RecordOf, distinct
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing, Value
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.record import Record

Stage = Literal["tokenizer", "pretrain", "intermediate", "target", "evaluate"]
STAGES: tuple[Stage, ...] = get_args(Stage)
NOT_MEASURED = "missing: records of an earlier version, which measured no time or memory"


@dataclass(frozen=True)
class Usage:
    """Of the finished phases among `phases`: seconds in all, and the greatest peak in bytes of any of them."""

    phases: int
    finished: int
    seconds: Value
    peak_memory: Value


def stage(phase: AnyPhase) -> Stage:
    """The stage that `phase` belongs to."""
    match phase:
        case Train():
            return phase.role
        case Evaluate():
            return "evaluate"
        case _:
            return "tokenizer"


def usage(phases: Iterable[AnyPhase], record_of: RecordOf) -> dict[Stage, Usage]:
    """What each stage took, for the stages that occur; each distinct phase counts once."""
    records: dict[Stage, list[Record | None]] = {}
    for key, phase in distinct(phases).items():
        records.setdefault(stage(phase), []).append(record_of(key))
    return {name: _usage(records[name]) for name in STAGES if name in records}


def usage_table(found: Mapping[Stage, Usage]) -> Table:
    """One row per stage; the sum of the seconds is not the time that passed where launches work side by side."""
    unmeasured = any(isinstance(value, Missing) for use in found.values() for value in (use.seconds, use.peak_memory))
    return Table(
        title="Time and memory",
        columns=("stage", "finished", "seconds", "mean", "peak MiB"),
        sections=(tuple(_row(name, use) for name, use in found.items()),),
        notes=(
            "seconds: by the clock, summed over phases, also those that ran side by side; mean: of one phase; "
            "peak: the largest of any phase, over its processes together",
            *([NOT_MEASURED] if unmeasured else []),
        ),
    )


def _usage(records: list[Record | None]) -> Usage:
    finished = [record for record in records if record]
    seconds = [record.wall_seconds for record in finished]
    peaks = [record.peak_memory_bytes for record in finished]
    return Usage(
        phases=len(records),
        finished=len(finished),
        seconds=Missing(NOT_MEASURED) if None in seconds else sum(number or 0.0 for number in seconds),
        peak_memory=Missing(NOT_MEASURED) if None in peaks else float(max((p or 0 for p in peaks), default=0)),
    )


def _row(name: Stage, use: Usage) -> Row:
    done = f"{use.finished} of {use.phases}" if use.finished < use.phases else str(use.phases)
    if not use.finished:
        return (name, done, "", "", "")
    seconds = ("missing", "missing")
    if not isinstance(use.seconds, Missing):
        seconds = (f"{use.seconds:,.1f}", f"{use.seconds / use.finished:,.1f}")
    peak = "missing" if isinstance(use.peak_memory, Missing) else f"{use.peak_memory / 2**20:,.0f}"
    return (name, done, *seconds, peak)
