"""The per-language tables of an answer: each model's baseline beside its chains, with the resource split."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves.cell_gains import cell_gain
from harness.analysis.curves.curves import CHANCE, MEASURES
from harness.analysis.points.aggregates import OFFICIAL
from harness.analysis.points.gains import Gain
from harness.analysis.points.items import has_blocks
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import outermost
from harness.analysis.points.splits import Split
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing, Value, mean_of_repeats
from harness.plan.sweeps.study import Coordinates

CELL_WIDTHS = (13, 20)  # of a score with its gain, and with how sure that is: "58.9~ (+11.2 ± 10.3)"
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

    def mean(self, value_of: ValueOf) -> str:
        score = mean_of_repeats([value_of(point) for point in self.points])
        if isinstance(score, Missing) or not self.gains:
            return number(score)
        return f"{number(score)} ({signed(mean_of_repeats([value_of(gain) for gain in self.gains]))})"

    def cell(self, task: str, language: str) -> str:
        score = mean_of_repeats([point.cells[task][language] for point in self.points])
        mark = CHANCE if self.at_chance(task, language) else ""
        if isinstance(score, Missing) or not self.gains:
            return number(score) + mark
        gain = cell_gain(self.gains, task, language)
        if isinstance(gain, Missing):
            return f"{number(score)}{mark} (missing)"
        sure = f" ± {gain.interval[1] - gain.mean:.1f}" if gain.interval else ""
        return f"{number(score)}{mark} ({signed(gain.mean)}{sure})"

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


def _side_by_side(chains: Sequence[_Column]) -> Iterator[tuple[_Column, ...]]:
    together: list[_Column] = []
    width = CELL_WIDTHS[bool(_over(chains))]
    for chain in chains:
        if together and sum(max(len(column.name), width) + 2 for column in [*together, chain]) > CHAINS_WIDTH:
            yield tuple(together)
            together = []
        together.append(chain)
    yield tuple(together)


def _table(model: str, split: Split, columns: Sequence[_Column]) -> Table:
    first = columns[0].points[0]
    tasks = [tuple(_language_row(columns, task, language) for language in _order(first, task)) for task in first.cells]
    means = [measure for measure in (*MEASURES, *OFFICIAL) if measure in first.aggregates]
    about = [split.description(model), CHANCE_NOTE, *_sure(columns)]
    about += [RANDOM_NOTE] if any(column.name == "no_pretraining" for column in columns) else []
    return Table(
        title=f"{model}: score in percent (gain in points), mean over durations, batch sizes and seeds",
        columns=("task", "language", "level", *(column.name for column in columns)),
        sections=(*tasks, tuple(_mean_row(columns, measure) for measure in means)),
        names=3,
        notes=(*about, *_score_notes(columns)),
    )


def _over(columns: Sequence[_Column]) -> list[str]:
    """What the intervals of the gains in `columns` hold."""
    gains = [gain for column in columns for gain in column.gains]
    seeds = outermost(gain.at for gain in gains) is not None
    items = any(len(_without_blocks(gain.point)) < len(gain.point.scores) for gain in gains[:1])
    return [name for name, there in (("seeds", seeds), ("test items", items)) if there]


def _sure(columns: Sequence[_Column]) -> Iterator[str]:
    over, lacking = _over(columns), _without_blocks(columns[0].points[0])
    if over:
        yield f"± half of the 95 % interval of a gain, over {' and '.join(over)}"
    if "test items" in over and lacking:
        yield f"no test items are in the intervals of {', '.join(lacking)}"


def _without_blocks(point: Point) -> list[str]:
    """The tasks whose scores have none of blocks of their items."""
    return [task for task, languages in point.scores.items() if not any(map(has_blocks, languages.values()))]


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
    cells = [column.cell(task, language) for column in columns]
    return (task, language, columns[0].points[0].levels[language] or "", *cells)


def _mean_row(columns: Sequence[_Column], measure: str) -> Row:
    level, _, rest = measure.partition("_")
    named = {"score": ("", ""), "en": ("en", ""), "score_f1": ("questions: F1", "")}
    names = named.get(measure, (rest.replace("_", " "), "" if measure in OFFICIAL else level))
    return ("mean", *names, *(column.mean(lambda row: row.aggregates[measure]) for column in columns))
