"""Retrieval without a trained head, looked at in other ways: after centring, with CSLS, and layer by layer.

Vectors of one language share a direction (anisotropy), and some lie near everything (hubness). Either may move cosines
without bringing translations nearer to each other, which centring and CSLS (Conneau et al. 2018) undo.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.table import Table, number, signed
from harness.analysis.tables.axes import Axis, axes, texts
from harness.analysis.tables.places import Place, places
from harness.analysis.values import Missing, Value, difference, mean

HEADLINE = "score"
WAYS = {HEADLINE: "cosine", "centred": "centred", "csls": "CSLS", "centred_csls": "centred CSLS"}
CAUSES = {
    "centred": ("after centring", "anisotropy"),
    "csls": ("with CSLS", "hubness"),
    "centred_csls": ("after centring, with CSLS", "anisotropy and hubness"),
}
LAYER = "layer_"
LEAST = 1.0  # points: less is not looked into where there is no interval to tell it from noise
MARK = "*"
MARKED = f"marked {MARK}: the 95 % interval of the gain excludes zero"
NEVER_BEST = "no layer is chosen by these scores: the headline's is a fixed fraction of the depth"


def retrieval_tables(answer: Answer) -> Iterator[Table]:
    """Each task's mean over languages in each of the ways; no table where nothing was stored but the headline."""
    every = places(answer)
    for task in _tasks(answer):
        rows = [(place.at, tuple(_cell(place, task, way) for way in WAYS)) for place in every]
        along = axes(answer.study.sweep.axis[0], [at for at, _ in rows])
        yield Table(
            title=f"{task}: score in percent (gain in points) by the way in which vectors are compared",
            columns=(*(name for name, _ in along), *WAYS.values()),
            sections=(tuple((*texts(along, at), *cells) for at, cells in rows),),
            names=len(along),
            notes=(*_vanished(every, task, along), MARKED, NEVER_BEST),
        )


def layer_tables(answer: Answer) -> Iterator[Table]:
    """Each task's mean over languages at every layer by cosine, counted from the embeddings."""
    every = places(answer)
    for task in _tasks(answer):
        along = axes(answer.study.sweep.axis[0], [place.at for place in every])
        layers = sorted({name for point in answer.points for name in _stored(point, task) if name.startswith(LAYER)})
        yield Table(
            title=f"{task}: score in percent by layer, 0 the embeddings",
            columns=(*(name for name, _ in along), *(str(int(name.removeprefix(LAYER))) for name in layers)),
            sections=(
                tuple((*texts(along, one.at), *(number(_mean(one, task, name)) for name in layers)) for one in every),
            ),
            names=len(along),
            notes=(NEVER_BEST,),
        )


def _vanished(places: Sequence[Place], task: str, along: Sequence[Axis]) -> Iterator[str]:
    """A sentence for every way in which gains or losses are not there any more, with all of them."""
    headlines = [(place, _gained(place, task, HEADLINE)) for place in places]
    told = [(place, found) for place, found in headlines if isinstance(found, Estimate) and _told(found)]
    for way, (how, cause) in CAUSES.items():
        gone: dict[str, list[str]] = {"gain": [], "loss": []}
        for place, headline in told:
            other = _gained(place, task, way)
            if isinstance(other, Estimate) and _gone(headline, other):
                name = ", ".join(filter(None, texts(along, place.at)))
                what = "gain" if headline.mean > 0 else "loss"
                gone[what].append(f"{name}: {headline.text} ({other.text})")
        for what, lines in gone.items():
            if lines:
                yield f"the {what} is gone {how}, so it was {cause}, not alignment: {'; '.join(lines)}"


def _told(headline: Estimate) -> bool:
    """Whether a gain is worth explaining: it can be told from noise, or is large where there is no interval."""
    return abs(headline.mean) >= LEAST if headline.interval is None else not headline.is_noise


def _gone(headline: Estimate, other: Estimate) -> bool:
    """Whether less than half of a gain is left, or so little that its interval holds zero."""
    left = other.mean / headline.mean
    return left < 0.5 or (left < 1 and other.interval is not None and other.is_noise)


def _tasks(answer: Answer) -> list[str]:
    """The tasks of which other ways than the headline were stored."""
    names = {task for point in answer.points for task in point.scores if "centred" in _stored(point, task)}
    return [task for task in answer.points[0].scores if task in names]


def _stored(point: Point, task: str) -> Mapping[str, float]:
    scores = [score for score in point.scores[task].values() if not isinstance(score, Missing)]
    return scores[0].values if scores else {}


def _mean(place: Place, task: str, variant: str) -> Value:
    return place.mean(lambda point: _score(point, task, variant))


def _gained(place: Place, task: str, variant: str) -> Estimate | Missing | None:
    return place.gained(lambda gain: _gain(gain, task, variant))


def _score(point: Point, task: str, variant: str) -> Value:
    return mean(
        {
            language: score
            if isinstance(score, Missing)
            else score.values.get(variant, Missing(f"'{variant}' was not stored"))
            for language, score in point.scores[task].items()
        }
    )


def _gain(gain: Gain, task: str, variant: str) -> Value:
    return difference(_score(gain.point, task, variant), _score(gain.baseline, task, variant), "baseline")


def _cell(place: Place, task: str, variant: str) -> str:
    score, gain = number(_mean(place, task, variant)), _gained(place, task, variant)
    if not isinstance(gain, Estimate):
        return score
    return f"{score} ({signed(gain.mean)}{'' if gain.is_noise else MARK})"
