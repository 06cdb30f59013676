"""The table of published figures beside a study's own: ours, theirs, the difference, and what can be made of it."""

from collections.abc import Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.points.claims import Held, hold
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing
from harness.spec.claim import Claim, Provenance

READ: dict[Provenance, str] = {"seen": "verified", "memory": "recalled", "mixed": "not verified"}
COLUMNS = ("measure", "model", "after", "split", "ours", "theirs", "difference", "theirs is", "what follows")


def claims_tables(answer: Answer, published: Sequence[Claim]) -> Iterator[Table]:
    """Every published figure that the study has a counterpart for, by source; nothing where it has none for any."""
    return held_tables(hold(answer.points, answer.gains, published))


def held_tables(held: Sequence[Held], tolerance: float | None = None, every: bool = False) -> Iterator[Table]:
    """A table for each source; figures without a counterpart only if `every` one is asked for."""
    sources: dict[str, list[Row]] = {}
    for each in held:
        if every or not each.absent:
            sources.setdefault(each.claim.source, []).append(_row(each))
    for source, rows in sources.items():
        yield Table(
            title=f"{source}: theirs and ours in points, ours the mean over seeds, durations and batch sizes",
            columns=COLUMNS,
            sections=(tuple(rows),),
            names=4,
            notes=tuple(notes(held, tolerance, every)) if source == list(sources)[-1] else (),
        )


def plain(each: Held) -> dict[str, object]:
    """One row for other programs, with full precision; what is missing is null, with the reason beside it."""
    claim = each.claim
    return {
        "source": claim.source,
        "model": claim.model,
        "after": claim.after,
        "kind": claim.kind,
        "task": claim.task,
        "language": claim.language,
        "name": claim.name,
        "theirs": claim.value,
        "theirs_split": claim.split,
        "provenance": claim.provenance,
        "verified": claim.verified,
        "ours": None if isinstance(each.ours, Missing) else each.ours,
        "ours_split": each.split,
        "ours_least": each.least,
        "ours_most": each.most,
        "settings": each.settings,
        "difference": each.difference,
        "within": each.within,
        "reason": each.absent or each.why_not or (each.ours.reason if isinstance(each.ours, Missing) else None),
    }


def _row(each: Held) -> Row:
    claim = each.claim
    difference = "" if each.difference is None else signed(each.difference)
    shown = "" if each.absent else _ours(each)
    numbers = (shown, f"{claim.value:g}", difference)
    return (claim.measure, claim.model, claim.after, claim.split, *numbers, READ[claim.provenance], _follows(each))


def _ours(each: Held) -> str:
    """The mean over settings, and from where to where they go."""
    if each.settings < 2 or isinstance(each.ours, Missing) or each.least is None or each.most is None:
        return number(each.ours)
    return f"{number(each.ours)} ({each.least:.1f} to {each.most:.1f})"


def _follows(each: Held) -> str:
    if each.absent:
        return f"no counterpart: {each.absent}"
    if each.why_not:
        return f"not compared: {each.why_not}"
    if isinstance(each.ours, Missing):
        return f"missing: {each.ours.reason}"
    if each.within is not None:
        return "within" if each.within else "outside"
    return "" if each.claim.verified else "decides nothing"


def notes(held: Sequence[Held], tolerance: float | None, every: bool) -> Iterator[str]:
    """How many figures are left out, how many decide nothing, and how many are within the tolerance."""
    absent = sum(each.absent is not None for each in held)
    told = [each for each in held if not each.absent]
    unverified = sum(not each.claim.verified for each in told)
    if absent:
        listed = "" if every else "; `harness claims --all` lists them"
        yield f"{absent} of {len(held)} published figures have no counterpart in this study{listed}"
    if unverified:
        yield f"{unverified} of {len(told)} are not verified: they were recollected or computed, and decide nothing"
    if any(each.settings > 1 for each in told):
        yield "in brackets from the least to the most of our durations, batch sizes and learning rates"
    decided = [each.within for each in told if each.within is not None]
    if tolerance is not None:
        yield f"{sum(decided)} of {len(decided)} verified figures of test sets are within {tolerance:g} points of ours"
