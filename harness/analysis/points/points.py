"""Points: the rows of a study with their scores per language, what is missing and why, and their cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from harness.analysis.points.aggregates import (
    Cells,
    aggregate,
    by_task,
    complete_suites,
    incomplete,
    of_suite,
    official,
)
from harness.analysis.points.costs import PointCost, point_costs
from harness.analysis.points.language_scores import Score, f1, headline, partial
from harness.analysis.points.splits import Level, Split
from harness.analysis.values import Missing, Value, present
from harness.catalog.languages import ENGLISH
from harness.plan.sweeps.study import Coordinates, PlannedPoint, Study
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, Train, lineage
from harness.spec.record import Record, Scores
from harness.spec.task import Data

NOT_EVALUATED, NOT_SCORED = "not evaluated yet", "not scored yet"  # what only waits, and is not lost
NO_ENGLISH_DEV = "no English dev rows with open labels that its head answers by itself"


class Lookup(Protocol):
    """What is known of a phase by its id; None where it is not there yet."""

    def record(self, phase: str) -> Record | None:
        """The record of a finished phase."""

    def scores(self, phase: str) -> Scores | None:
        """The scores of a finished evaluation."""

    def environment(self, phase: str) -> Mapping[str, Any] | Missing | None:
        """Versions and hardware of a phase; missing where what was written of them cannot be read."""


@dataclass(frozen=True)
class Point:
    """One row of the study; `scores` by task, then language, and `levels` the resource level of each language.

    `same_source` names the targets whose training data is an intermediate task's. `finished` is when the last of its
    evaluations ended (ISO 8601). `english_dev` holds, by target that is trained, its score on English dev rows, where
    the study asks for them: they tell which runs collapsed, and select nothing.
    """

    at: Coordinates
    planned: PlannedPoint
    scores: Mapping[str, Mapping[str, Score]]
    levels: Mapping[str, Level | None]
    cost: PointCost
    finished: str | None
    english_dev: Mapping[str, Score] = field(default_factory=dict)

    @property
    def same_source(self) -> tuple[str, ...]:
        """Targets trained on data of an intermediate task."""
        return self.planned.same_source

    @property
    def leaves(self) -> tuple[str, ...]:
        """Ids of the evaluations."""
        return tuple(identity(leaf) for leaf in self.planned.leaves)

    @property
    def intermediate(self) -> tuple[Train, ...]:
        """The intermediate stages before its first target, in order; none for a baseline."""
        stages = (phase for leaf in self.planned.leaves[:1] for phase in lineage(leaf))
        return tuple(phase for phase in stages if phase.role == "intermediate")[::-1]

    @cached_property
    def cells(self) -> Cells:
        """The headline score in percent by task, then language."""
        return {
            task: {language: headline(score) for language, score in languages.items()}
            for task, languages in self.scores.items()
        }

    @cached_property
    def by_f1(self) -> Cells:
        """As `cells`, but of questions F1 alone."""
        return {
            task: {language: f1(score) for language, score in languages.items()}
            for task, languages in self.scores.items()
        }

    @cached_property
    def tasks(self) -> Mapping[str, Value]:
        """The score of each task: its mean over languages."""
        return by_task(self.cells)

    @cached_property
    def aggregates(self) -> Mapping[str, Value]:
        """`score` over all targets, the means by resource level, and what `aggregates.official` adds."""
        return aggregate(self.cells, self.levels.get) | official(self.cells, self.by_f1)

    @cached_property
    def suites(self) -> Mapping[str, Mapping[str, Value]]:
        """The aggregates of each benchmark that its targets are complete in, over its tasks and languages alone."""
        return {name: self.suite(name) for name in complete_suites(self._evaluated)}

    def suite(self, name: str) -> Mapping[str, Value]:
        """The aggregates of a suite over its tasks and languages alone; only `score`, missing, unless it is complete.

        A score on a part of the published rows, or of their candidates, is missing here, with that as the reason.
        """
        reason = incomplete(name, self._evaluated)
        if reason is not None:
            return {"score": Missing(reason)}
        cells, by_f1 = (self._whole(of_suite(each, name)) for each in (self.cells, self.by_f1))
        return aggregate(cells, self.levels.get) | official(cells, by_f1)

    @cached_property
    def missing(self) -> Mapping[tuple[str, str], str]:
        """The reason for each (task, language) without a score."""
        return {
            (task, language): score.reason
            for task, languages in self.scores.items()
            for language, score in languages.items()
            if isinstance(score, Missing)
        }

    @property
    def awaited(self) -> tuple[str, ...]:
        """The targets whose evaluation is not there yet."""
        waiting = {task for (task, _), reason in self.missing.items() if reason in (NOT_EVALUATED, NOT_SCORED)}
        return tuple(task for task in self.scores if task in waiting)

    @property
    def unofficial(self) -> Mapping[str, str]:
        """By benchmark whose tasks are evaluated, the scores that take its own away: those on a part of the rows."""
        found: dict[str, str] = {}
        for name in self.suites:
            own = [(task, language) for task, languages in of_suite(self.cells, name).items() for language in languages]
            gaps = [f"{task}/{code}: {gap.reason}" for task, code in own if (gap := partial(self.scores[task][code]))]
            found |= {name: "; ".join(gaps)} if gaps else {}
        return found

    @property
    def _evaluated(self) -> dict[str, Data]:
        return {leaf.data.task: leaf.data for leaf in self.planned.leaves}

    def _whole(self, cells: Cells) -> Cells:
        return {
            task: {language: partial(self.scores[task][language]) or value for language, value in languages.items()}
            for task, languages in cells.items()
        }

    @property
    def measured(self) -> bool:
        """Whether there is any score at all."""
        return any(present(languages.values()) for languages in self.cells.values())

    @property
    def status(self) -> str:
        """`complete`, or `partial` where a score is missing."""
        return "partial" if self.missing else "complete"


def points(study: Study, lookup: Lookup, split: Split) -> tuple[Point, ...]:
    """The points of `study`, in its order, with what `lookup` knows about them."""
    evaluated = {leaf.data.task: leaf.data for leaf in study.leaves}
    costs = point_costs(study.points, lookup.record)
    rows = [
        _point(planned, cost, _scores(planned, evaluated, lookup), lookup, split)
        for planned, cost in zip(study.points, costs, strict=True)
    ]
    if not (study.sweep.analysis and study.sweep.analysis.collapse):
        return tuple(rows)
    return tuple(replace(point, english_dev=_english_dev(point.planned, lookup)) for point in rows)


def _point(
    planned: PlannedPoint, cost: PointCost, scores: Mapping[str, Mapping[str, Score]], lookup: Lookup, split: Split
) -> Point:
    languages = sorted({language for task in scores.values() for language in task})
    records = [lookup.record(identity(leaf)) for leaf in planned.leaves]
    finished = max((record.finished for record in records if record), default=None)
    levels = {language: split.level(planned.at.model, language) for language in languages}
    return Point(planned.at, planned, scores, levels, cost, finished)


def _scores(planned: PlannedPoint, evaluated: Mapping[str, Data], lookup: Lookup) -> dict[str, dict[str, Score]]:
    """By task in the study's order; a target that this point cannot have is missing in all its languages."""
    leaves = {leaf.data.task: leaf for leaf in planned.leaves}
    absent = dict(planned.absent)
    return {
        task: _leaf_scores(leaves[task], lookup)
        if task in leaves
        else {language: Missing(absent.get(task, "not asked for")) for language in data.languages}
        for task, data in evaluated.items()
    }


def _english_dev(planned: PlannedPoint, lookup: Lookup) -> dict[str, Score]:
    checks = dict(planned.checks)
    trained = [leaf.data.task for leaf in planned.leaves if any(stage.role == "target" for stage in lineage(leaf))]
    return {
        task: _leaf_scores(checks[task], lookup)[ENGLISH] if task in checks else Missing(NO_ENGLISH_DEV)
        for task in trained
    }


def _leaf_scores(leaf: Evaluate, lookup: Lookup) -> dict[str, Score]:
    key = identity(leaf)
    scores = lookup.scores(key) if lookup.record(key) else None
    if scores is None:
        reason = NOT_SCORED if lookup.record(key) else NOT_EVALUATED
        return {language: Missing(reason) for language in leaf.data.languages}
    return {
        language: scores.languages.get(language) or Missing(scores.missing.get(language, "not among the scores"))
        for language in leaf.data.languages
    }
