"""How far a study is: which of its models, chains and seeds are finished, and how many points of how many."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import KINDS
from harness.analysis.table import Row, Table

NAMED = 6  # groups that a sentence names before it counts them


@dataclass(frozen=True)
class Standing:
    """The points of one model after one chain, or as one control."""

    model: str
    chain: str
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """For a sentence."""
        return f"{self.model} · {self.chain}"

    @property
    def finished(self) -> int:
        """How many of them wait for nothing."""
        return sum(not point.awaited for point in self.points)

    @property
    def begun(self) -> int:
        """How many have a score, but wait for others."""
        return sum(bool(point.awaited) and point.measured for point in self.points)

    @property
    def seeds(self) -> str:
        """The seeds of which every point is finished."""
        waiting = {_seed(point) for point in self.points if point.awaited}
        return ", ".join(dict.fromkeys(seed for point in self.points if (seed := _seed(point)) not in waiting))


def standings(points: Iterable[Point]) -> list[Standing]:
    """Every group, in the order of the study."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        chain = " · ".join(filter(None, (point.at.intermediate, point.at.control)))
        groups.setdefault((point.at.model, chain), []).append(point)
    return [Standing(model, chain, tuple(own)) for (model, chain), own in groups.items()]


def half_finished(answer: Answer) -> Iterator[str]:
    """Sentences on which half of the study is there; none for a finished one."""
    found = standings(answer.points)
    total, finished = len(answer.points), sum(each.finished for each in found)
    if finished == total:
        return
    begun = sum(each.begun for each in found)
    yield (
        f"This study is half finished: {finished} of {total} points are complete, {begun} have some of their scores, "
        f"{total - finished - begun} have none."
    )
    done = [each.name for each in found if each.finished == len(each.points)]
    waiting = [f"{each.name} ({each.finished} of {len(each.points)})" for each in found if each.name not in done]
    yield f"Complete: {_some(done) or 'none of the models and chains'}. Not complete: {_some(waiting)}."


def standing_tables(answer: Answer) -> Iterator[Table]:
    """One row per model and chain where something is not finished."""
    found = standings(answer.points)
    if any(each.finished < len(each.points) for each in found):
        kinds = "/".join(KINDS[kind].name for kind in KINDS)
        yield Table(
            title="How far the study is: points by model and chain",
            columns=("model", "intermediate", f"complete seeds ({kinds})", "complete", "begun", "not begun", "of"),
            sections=(tuple(map(_row, found)),),
            names=3,
        )


def _row(each: Standing) -> Row:
    total = len(each.points)
    counts = (each.finished, each.begun, total - each.finished - each.begun, total)
    return (each.model, each.chain, each.seeds or "none", *map(str, counts))


def _seed(point: Point) -> str:
    seeds = (getattr(point.at, kind) for kind in KINDS)
    return "/".join("-" if seed is None else str(seed) for seed in seeds)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
