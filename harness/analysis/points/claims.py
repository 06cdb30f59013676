"""Published figures held against a study: what it has in their place, and whether the two can be compared at all.

A figure is compared with the mean over seeds, durations and batch sizes of the points of the same model after the same
chain, in the same languages, on the same split. Dev is never compared with test, nor a part of a test set with the
whole; a figure that is not verified is shown beside ours and decides nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.analysis.points.aggregates import suite_languages
from harness.analysis.points.gains import Gain
from harness.analysis.points.language_scores import Score
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, mean, mean_of_repeats, present
from harness.catalog import find
from harness.catalog.languages import ENGLISH
from harness.plan.sweeps.study import Coordinates
from harness.spec.claim import Claim
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, lineage, origin
from harness.spec.task import Data


@dataclass(frozen=True)
class Held:
    """One claim against the study.

    `ours` is the mean over `settings` of the axes, from the `least` to the `most` of them; `split` is what it was
    measured on. `absent` says why the study has no counterpart; `why_not` why the two are not compared all the same.
    `within` is whether they are within the tolerance: only of verified figures of test sets, and only where a tolerance
    was said.
    """

    claim: Claim
    ours: Value
    settings: int = 0
    least: float | None = None
    most: float | None = None
    split: str | None = None
    absent: str | None = None
    why_not: str | None = None
    within: bool | None = None

    @property
    def difference(self) -> float | None:
        """Ours less theirs, in points; None where the two are not compared or ours is missing."""
        compared = not self.absent and not self.why_not and not isinstance(self.ours, Missing)
        return self.ours - self.claim.value if compared else None  # type: ignore[operator]


def hold(
    points: Sequence[Point], gains: Sequence[Gain], claims: Iterable[Claim], tolerance: float | None = None
) -> tuple[Held, ...]:
    """Every claim against the points of a study; `tolerance` in points."""
    own = [point for point in points if point.at.control is None]
    by_gain = {gain.at: gain.baseline for gain in gains}
    return tuple(_held(claim, own, by_gain, tolerance) for claim in claims)


def _held(
    claim: Claim, points: Sequence[Point], baselines: Mapping[Coordinates, Point], tolerance: float | None
) -> Held:
    same = [point for point in points if _model(point) == claim.model]
    own = [point for point in same if point.at.intermediate == claim.after]
    if absent := _absent(claim, same, own):
        return Held(claim, Missing(absent), absent=absent)
    data = _data(claim, own[0])
    split = data[0].split
    why_not = _why_not(claim, own, data)
    settings: dict[tuple[object, ...], list[Value]] = {}
    for point in own:
        at = point.at
        value = _measured(claim, point, baselines.get(at))
        settings.setdefault((at.amount, at.batch_size, at.learning_rate), []).append(value)
    means = [mean_of_repeats(values) for values in settings.values()]
    ours, known = mean_of_repeats(means), present(means)
    held = Held(claim, ours, len(means), min(known, default=None), max(known, default=None), split, why_not=why_not)
    if tolerance is None or held.difference is None or not claim.verified or claim.split != "test":
        return held
    within = abs(held.difference) <= tolerance
    return replace(held, within=within)


def _model(point: Point) -> str:
    """The catalogue's name of a model that the hub has, else what the sweep calls it."""
    start = origin(point.planned.leaves[0]) if point.planned.leaves else None
    if isinstance(start, Pretrained):
        return next((name for name in find.model_names() if find.model(name).hub_id == start.hub_id), point.at.model)
    return point.at.model


def _absent(claim: Claim, same: Sequence[Point], own: Sequence[Point]) -> str | None:
    """Why the study has nothing in the place of a figure."""
    if claim.kind == "share":
        return "a part of a gain by selection"
    if claim.kind == "gap" and claim.task in find.suite_names():
        return f"a mean over some of the tasks of {claim.task}"
    if not own or not own[0].planned.leaves:
        return f"no {claim.model} after {claim.after}" if same else f"no {claim.model} in the study"
    evaluated = {leaf.data.task: leaf.data for leaf in own[0].planned.leaves}
    if lacking := [task for task in _tasks(claim) if task not in evaluated]:
        return f"{_few(lacking, 'tasks')} not evaluated"
    alone = claim.language and claim.language not in evaluated[claim.task].languages
    return f"{claim.task} not evaluated in {claim.language}" if alone else None


def _tasks(claim: Claim) -> tuple[str, ...]:
    """The tasks behind a figure."""
    return find.suite(claim.task).tasks if claim.task in find.suite_names() else (claim.task,)


def _data(claim: Claim, point: Point) -> list[Data]:
    leaves: dict[str, Evaluate] = {leaf.data.task: leaf for leaf in point.planned.leaves}
    return [leaves[task].data for task in _tasks(claim)]


def _why_not(claim: Claim, own: Sequence[Point], data: Sequence[Data]) -> str | None:
    """Why a figure and ours are of different things."""
    if claim.apart:
        return claim.apart
    if other := next((each.split for each in data if each.split != claim.split), None):
        return f"theirs is {claim.split}, ours is {other}"
    parts = (*(part for point in own for part in _cut(claim, point)), *(_part(claim, own, each) for each in data))
    return next(filter(None, parts), None)


def _part(claim: Claim, own: Sequence[Point], data: Data) -> str | None:
    """Which part of a test set is ours alone."""
    if data.limit is not None:
        return f"ours is the first {data.limit} rows of {data.task}"
    if lacking := [code for code in _languages(claim, data.task, data.languages) if code not in data.languages]:
        return f"ours has no {data.task} in {_few(lacking, 'languages')}"
    notes = (note for point in own for note in _notes(point, claim, data))
    return next((f"ours: {note}" for note in notes if note), None)


def _few(names: Sequence[str], of: str) -> str:
    return ", ".join(names) if len(names) < 4 else f"{len(names)} {of}"


def _cut(claim: Claim, point: Point) -> Iterator[str]:
    """The training sets of which a point reads a part only."""
    for leaf in point.planned.leaves:
        if leaf.data.task in _tasks(claim):
            for stage in lineage(leaf):
                for each in stage.data:
                    if each.limit is not None and stage.role != "pretrain":
                        yield f"ours trains on the first {each.limit} rows of {each.task}"


def _languages(claim: Claim, task: str, ours: Sequence[str]) -> tuple[str, ...]:
    if claim.language:
        return (claim.language,)
    return suite_languages(claim.suite, task) if claim.suite else tuple(ours)


def _notes(point: Point, claim: Claim, data: Data) -> Iterator[str | None]:
    """What is said to be partial about the scores behind a figure."""
    for code in _languages(claim, data.task, data.languages):
        score = point.scores[data.task][code]
        yield None if isinstance(score, Missing) else score.note


def _measured(claim: Claim, point: Point, baseline: Point | None) -> Value:
    if claim.kind != "gain":
        return _value(claim, point)
    if baseline is None:
        return Missing("no baseline")
    ours, theirs = _value(claim, point), _value(claim, baseline)
    if isinstance(ours, Missing):
        return ours
    return theirs if isinstance(theirs, Missing) else ours - theirs


def _value(claim: Claim, point: Point) -> Value:
    """What a point has for a figure, in percent or points."""
    return mean({task: _of_task(claim, point, task) for task in _tasks(claim)})


def _of_task(claim: Claim, point: Point, task: str) -> Value:
    """The mean over languages of one task; of a gap, English less the mean of the others, of questions by F1."""
    scores = point.scores[task]
    by_f1 = find.task(task).format == "span" and (claim.name == "score_f1" or claim.kind == "gap")
    name = "f1" if by_f1 else claim.name.removesuffix("_f1")
    codes = [code for code in _languages(claim, task, tuple(scores)) if code in scores]
    values = {code: _named(scores[code], name) for code in codes}
    if claim.kind != "gap":
        return mean(values)
    others = {code: value for code, value in values.items() if code != ENGLISH}
    if ENGLISH not in values or not others:
        return Missing("no English, or no other language")
    rest, english = mean(others), values[ENGLISH]
    if isinstance(english, Missing):
        return english
    return rest if isinstance(rest, Missing) else english - rest


def _named(score: Score, name: str) -> Value:
    if isinstance(score, Missing):
        return score
    return score.values[name] if name in score.values else Missing(f"its metric has no '{name}'")
