"""Which metrics a point shows in MLflow: the same for all points of a study, few enough for quick tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURES
from harness.analysis.points.costs import model_flops
from harness.analysis.points.gains import Gain, gains
from harness.analysis.points.language_scores import headline
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value
from harness.plan.sweeps.study import Coordinates

MORE = "gain_over_target_more"
MOST = 150  # metric columns of a run; with thousands MLflow's pages take minutes (mlflow issue 11927)

Paired = Mapping[str, Mapping[Coordinates, Gain]]


@dataclass(frozen=True)
class Columns:
    """The tasks whose languages are columns, and those whose languages are in the artifacts alone."""

    shown: frozenset[str]
    left_out: Mapping[str, int]

    @property
    def told(self) -> str:
        """The tasks that are left out with the number of their languages, for a tag; empty where none is."""
        return " ".join(f"{task}/<language>:{count}" for task, count in self.left_out.items())


def columns(answer: Answer) -> Columns:
    """All headlines, then whole tasks, those with few languages first, as far as there is room; or all, if asked."""
    languages = {task: set(own) for point in answer.points for task, own in point.cells.items()}
    if answer.study.sweep.mlflow.languages == "all":
        return Columns(frozenset(languages), {})
    gained = paired(answer)
    names = {name for point in answer.points for name in headlines(point, answer, gained)}
    room, shown = MOST - len(names), set[str]()
    for task in sorted(languages, key=lambda task: len(languages[task])):
        if len(languages[task]) <= room:
            shown.add(task)
            room -= len(languages[task])
    return Columns(frozenset(shown), {task: len(own) for task, own in languages.items() if task not in shown})


def paired(answer: Answer) -> Paired:
    """The gains of a study by what they are over: its baselines, and `target_more` where it has that control."""
    more = gains(answer.points, "target_more")
    return {"gain": {gain.at: gain for gain in answer.gains}, MORE: {gain.at: gain for gain in more}}


def headlines(point: Point, answer: Answer, gained: Paired) -> dict[str, Value]:
    """Every metric of a point but those of single languages; missing ones too: the names are always the same."""
    means = {"targets": point.aggregates, **point.suites}
    values: dict[str, Value] = {f"{of}/{name}": value for of, own in means.items() for name, value in own.items()}
    for family, found in gained.items():
        own = found[point.at].aggregates if point.at in found else {}
        asked = own if family != MORE else [measure for measure in own if measure in MEASURES]
        values |= {f"{family}/{measure}": own[measure] for measure in asked}
    values |= {f"{task}/score": value for task, value in point.tasks.items()}
    values |= {f"{task}/en_dev": headline(score) for task, score in point.english_dev.items()}
    costs = {"total" if name == "standalone" else name: cost for name, cost in point.cost.by_name.items()}
    values |= {f"flops/{name}": model_flops(cost) for name, cost in costs.items()}
    between = point.cost.roles["intermediate"]
    values["steps/intermediate"] = between if isinstance(between, Missing) else float(between.steps)
    values["log10_flops/intermediate"] = _log10(model_flops(between))
    return {**values, **answer.mfu.get(point.at, {})}


def cells(point: Point, shown: Columns) -> dict[str, Value]:
    """The scores of single languages that have a column."""
    return {
        f"{task}/{language}": value
        for task, languages in point.cells.items()
        if task in shown.shown
        for language, value in languages.items()
    }


def _log10(flops: Value) -> Value:
    if isinstance(flops, Missing):
        return flops
    return math.log10(flops) if flops > 0 else Missing("nothing was spent, which has no logarithm")
