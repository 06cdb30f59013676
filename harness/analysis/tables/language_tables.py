"""The per-language tables of an answer: each model's baseline beside its chains, with the resource split."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURES
from harness.analysis.points.aggregates import OFFICIAL
from harness.analysis.points.gains import Gain
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.points import Point
from harness.analysis.points.splits import Split
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing, Value, mean_of_repeats
from harness.plan.sweeps.study import Coordinates

CHAINS_WIDTH = 66  # characters left for the chains of one table on a terminal of 100
RANDOM_NOTE = "no_pretraining: the same network with random weights, trained on the targets alone; a control"
CHANCE_NOTE = "~ at chance: no more than two standard errors above the best answer that ignores the input"

ValueOf = Callable[[Point | Gain], Value]


@dataclass(frozen=True)
class _Column:
    """The points, and their gains, over which one column of a table is averaged."""

    name: str
    points: Sequence[Point]
    gains: Sequence[Gain]

    def cell(self, value_of: ValueOf, mark: str = "") -> str:
        score = mean_of_repeats([value_of(point) for point in self.points])
        if isinstance(score, Missing) or not self.gains:
            return number(score) + mark
        gain = mean_of_repeats([value_of(gain) for gain in self.gains])
        return f"{number(score)}{mark} ({signed(gain)})"

    def at_chance(self, task: str, language: str) -> bool:
        scores = [point.scores[task][language] for point in self.points]
        return all(not isinstance(score, Missing) and at_chance(score) for score in scores)


def per_language(answer: Answer) -> Iterator[Table]:
    """Scores and gains by task and language, each model on its own, as many chains side by side as fit.

    Of the controls only the one without pretraining is here; the others are left to the other tables.
    """
    for model in dict.fromkeys(point.at.model for point in answer.points):
        points = [point for point in answer.points if point.at.model == model]
        gains = [gain for gain in answer.gains if gain.at.model == model]
        baseline = _Column("baseline", [point for point in points if point.at.is_baseline], [])
        names = dict.fromkeys(name for gain in gains if (name := _column_of(gain.at)))
        for together in _side_by_side([_column(name, points, gains) for name in names]):
            yield _table(model, answer.split, (baseline, *together))


def _column_of(at: Coordinates) -> str | None:
    """The column of a point that is no baseline; None for a control that is left to the other tables."""
    if at.on_axes:
        return at.intermediate if at.control is None else None
    return at.control


def _column(name: str, points: Sequence[Point], gains: Sequence[Gain]) -> _Column:
    own = [point for point in points if _column_of(point.at) == name]
    return _Column(name, own, [gain for gain in gains if _column_of(gain.at) == name])


def _side_by_side(chains: Iterable[_Column]) -> Iterator[tuple[_Column, ...]]:
    together: list[_Column] = []
    for chain in chains:
        if together and sum(max(len(column.name), 13) + 2 for column in [*together, chain]) > CHAINS_WIDTH:
            yield tuple(together)
            together = []
        together.append(chain)
    yield tuple(together)


def _table(model: str, split: Split, columns: Sequence[_Column]) -> Table:
    first = columns[0].points[0]
    tasks = [tuple(_language_row(columns, task, language) for language in _order(first, task)) for task in first.cells]
    means = [measure for measure in (*MEASURES, *OFFICIAL) if measure in first.aggregates]
    random = any(column.name == "no_pretraining" for column in columns)
    return Table(
        title=f"{model}: score in percent (gain in points), mean over durations, batch sizes and seeds",
        columns=("task", "language", "level", *(column.name for column in columns)),
        sections=(*tasks, tuple(_mean_row(columns, measure) for measure in means)),
        names=3,
        notes=(split.description(model), CHANCE_NOTE, *([RANDOM_NOTE] if random else []), *_score_notes(columns)),
    )


def _score_notes(columns: Sequence[_Column]) -> Iterator[str]:
    """What is said of scores, such as a pool that is partial, by task where it holds for all of its languages."""
    told: dict[tuple[str, str], list[str]] = {}
    for task, languages in columns[0].points[0].scores.items():
        for language, score in languages.items():
            if not isinstance(score, Missing) and score.note:
                told.setdefault((task, score.note), []).append(language)
    for (task, note), codes in told.items():
        yield f"{task} ({', '.join(codes)}): {note}, so that its scores are no official ones"


def _order(point: Point, task: str) -> list[str]:
    """English, then languages by level."""
    levels = (None, "high", "low", "unseen")
    return sorted(point.cells[task], key=lambda language: (levels.index(point.levels[language]), language))


def _language_row(columns: Sequence[_Column], task: str, language: str) -> Row:
    marks = ["~" if column.at_chance(task, language) else "" for column in columns]
    cells = [c.cell(lambda row: row.cells[task][language], mark) for c, mark in zip(columns, marks, strict=True)]
    return (task, language, columns[0].points[0].levels[language] or "", *cells)


def _mean_row(columns: Sequence[_Column], measure: str) -> Row:
    level, _, rest = measure.partition("_")
    named = {"score": ("", ""), "en": ("en", ""), "score_f1": ("questions: F1", "")}
    names = named.get(measure, (rest.replace("_", " "), "" if measure in OFFICIAL else level))
    return ("mean", *names, *(column.cell(lambda row: row.aggregates[measure]) for column in columns))
