"""Two records of one phase, made on two clusters: do they agree, and need they?"""

from harness.spec.record import Record

MEANING = {
    "exact": "which allows a difference of 1e-5 between placements, none that a score shows",
    "distribution": "which allows it: single runs differ, their distribution does not",
}


def differing(ours: Record, theirs: Record) -> tuple[str, ...]:
    """The outputs whose content is not the same, by name."""
    names = sorted({*ours.outputs, *theirs.outputs})
    return tuple(name for name in names if ours.outputs.get(name) != theirs.outputs.get(name))


def disagreement(ours: Record, theirs: Record) -> str | None:
    """A sentence about how the outputs differ and which agreement holds between them; None where they are equal."""
    names = differing(ours, theirs)
    if not names:
        return None
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    agreement = "exact" if {ours.agreement, theirs.agreement} == {"exact"} else "distribution"
    return f"done in both, but {names[0]}{more} differ; their agreement is '{agreement}', {MEANING[agreement]}"
