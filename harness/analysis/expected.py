"""Published values beside the measured ones: what a sweep says it expects, and whether it came within the tolerance."""

from collections.abc import Iterator

from harness.analysis.aggregates import overall
from harness.analysis.answer import Answer
from harness.analysis.points import Point, Score
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing, Value, mean, mean_of_repeats
from harness.catalog import find
from harness.plan.sweep import Expected
from harness.spec.suite import Suite


def expected_tables(answer: Answer) -> Iterator[Table]:
    """One table with a row for each published value, or none where the sweep names none."""
    rows = tuple(_row(answer, each) for each in answer.study.sweep.expected)
    if rows:
        yield Table(
            title="Published values: the mean over seeds beside them, in points",
            columns=(
                "measure",
                "model",
                "after",
                "source",
                "measured",
                "published",
                "difference",
                "tolerance",
                "within",
            ),
            sections=(rows,),
            names=4,
        )


def measured(point: Point, measure: str) -> Value:
    """What a point has for a measure such as xnli/score, xnli/de, xtreme/score or xtreme_r/score_f1.

    `score_f1` counts question answering by F1 alone, as several papers do. A suite's score is that of its whole test
    sets in the suite's own languages, even where the point has more of either; else it is missing with the reason.
    """
    owner, _, name = measure.partition("/")
    if owner in find.suite_names():
        return _of_suite(point, find.suite(owner), name)
    if owner not in point.scores:
        return Missing(f"'{owner}' is no target of this sweep")
    languages = point.scores[owner]
    if name in languages:
        return _value(languages[name], "score")
    return mean({language: _value(score, name) for language, score in languages.items()})


def _of_suite(point: Point, suite: Suite, name: str) -> Value:
    cells = {}
    for task in suite.tasks:
        wanted = suite.languages.get(task) or find.task(task).languages
        if not _whole(point, task, wanted):
            return Missing(f"'{task}' is not evaluated on its whole test set in all languages of {suite.name}")
        cells[task] = {language: _value(point.scores[task][language], name) for language in wanted}
    return overall(cells)


def _whole(point: Point, task: str, languages: tuple[str, ...]) -> bool:
    data = next((leaf.data for leaf in point.planned.leaves if leaf.data.task == task), None)
    if data is None:
        return False
    return data.split == find.task(task).evaluate_on and data.limit is None and set(languages) <= set(data.languages)


def _value(score: Score, name: str) -> Value:
    if isinstance(score, Missing):
        return score
    return score.values["f1"] if name == "score_f1" and "f1" in score.values else score.values["score"]


def _row(answer: Answer, expected: Expected) -> Row:
    repeats = [
        measured(point, expected.measure)
        for point in answer.points
        if (point.at.model, point.at.intermediate, point.at.control) == (expected.model, expected.intermediate, None)
    ]
    found = mean_of_repeats(repeats) if repeats else Missing("no such point")
    away: Value = found if isinstance(found, Missing) else found - expected.value
    within = "" if isinstance(away, Missing) else "yes" if abs(away) <= expected.tolerance else "no"
    return (
        expected.measure,
        expected.model,
        expected.intermediate,
        expected.source,
        number(found),
        f"{expected.value:g}",
        signed(away),
        f"{expected.tolerance:g}",
        within,
    )
