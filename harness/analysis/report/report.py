"""The report of a study: Markdown, CSV files and the figure in one folder, and the closing words on the terminal."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from harness.analysis.answer import Answer
from harness.analysis.figures.curve_figure import curve_figure
from harness.analysis.figures.drawing import draw
from harness.analysis.figures.size_figure import size_figure
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import kind_of, over
from harness.analysis.report.export import points_csv, scores_csv
from harness.analysis.spending.budgets import budget_tables
from harness.analysis.spending.usage import usage_table
from harness.analysis.spending.utilisation import utilisation_table
from harness.analysis.tables.expected import expected_tables
from harness.analysis.tables.gains_table import gains_table
from harness.analysis.tables.interlinear import Rows, glossed_section
from harness.analysis.tables.language_tables import per_language
from harness.analysis.tables.point_tables import point_costs_table, points_table, slopes, study_cost, verdicts
from harness.analysis.tables.retrieval_table import layer_tables, retrieval_tables
from harness.analysis.tables.size_table import size_tables
from harness.analysis.values import Missing
from harness.files.atomic import write_text


def write(answer: Answer, folder: Path, examples: Mapping[str, Rows] = MappingProxyType({})) -> Path:
    """Write `report.md`, `scores.csv`, `points.csv` and the figures `curve.*`, `sizes.*` into `folder`.

    `examples` are rows with glosses by task, for the report to show. Returns the report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "scores.csv", scores_csv(answer))
    write_text(folder / "points.csv", points_csv(answer))
    figure, _ = draw(curve_figure(answer), folder / "curve")
    if answer.sizes:
        draw(size_figure(answer), folder / "sizes")
    write_text(folder / "report.md", "\n".join(_report(answer, figure.name, examples)))
    return folder / "report.md"


def closing(answer: Answer) -> RenderableType:
    """What `harness run` ends with: scores per language, what compute bought and took, what to know of the numbers."""
    notes = [Text(note) for note in notes_of(answer)]
    told = (*per_language(answer), *retrieval_tables(answer), *expected_tables(answer))
    gained = (gains_table(answer), *size_tables(answer), slopes(answer))
    tables = (*told, *gained, *budget_tables(answer.bought), usage_table(answer.usage))
    return Group(*(table.rich() for table in tables), *notes)


def notes_of(answer: Answer) -> list[str]:
    """What a reader must know before believing the numbers, one sentence each."""
    found = [_seeds(answer), *_same_source(answer), *_chance(answer), *_unofficial(answer), *answer.notes]
    gaps = sum(len(point.missing) for point in answer.points)
    return [*found, *([f"{gaps} scores are missing; the report lists them by name with the reason."] if gaps else [])]


def _report(answer: Answer, figure: str, examples: Mapping[str, Rows]) -> Iterator[str]:
    sweep = answer.study.sweep
    models = list(dict.fromkeys(point.at.model for point in answer.points))
    yield f"# {sweep.name}\n"
    yield (
        f"How much does intermediate training on {', '.join(sweep.intermediate)} buy on "
        f"{', '.join(answer.points[0].cells)} for {', '.join(models)}, against the compute it takes?\n"
    )
    yield "## Answer\n"
    yield gains_table(answer).markdown()
    yield slopes(answer).markdown()
    yield f"![gain against intermediate compute]({figure})\n"
    if answer.sizes:
        yield from (table.markdown() for table in size_tables(answer))
        yield "![score and gain against model size](sizes.png)\n"
    yield from (f"- {note}" for note in notes_of(answer))
    yield "\n## Scores per language\n"
    yield from (table.markdown() for table in (*per_language(answer), *expected_tables(answer)))
    retrieved = [table.markdown() for table in (*retrieval_tables(answer), *layer_tables(answer))]
    yield from _section("Retrieval in other ways", retrieved) if retrieved else ()
    yield from _section("Verdict on each curve", list(verdicts(answer)))
    yield "## Points\n"
    yield points_table(answer).markdown()
    yield "## Cost\n"
    yield study_cost(answer).markdown()
    yield usage_table(answer.usage).markdown()
    yield utilisation_table(answer.utilisation).markdown()
    yield from (table.markdown() for table in budget_tables(answer.bought))
    yield point_costs_table(answer).markdown()
    yield from _section("Scores at chance", _chance_rows(answer))
    yield from _section("Missing scores", _missing_rows(answer))
    yield from _section("Languages", _languages(answer.points[0]))
    yield from glossed_section(examples) if examples else ()
    yield from _section("Provenance", _provenance(answer))


def _section(title: str, lines: list[str]) -> Iterator[str]:
    yield f"## {title}\n"
    yield from lines or ["None."]
    yield ""


def _seeds(answer: Answer) -> str:
    """How many seeds there are, and over which the intervals are; the table of gains says what these leave out."""
    seeds, kind = answer.study.sweep.seeds, kind_of(answer.study)
    if kind is None:
        return "There is one seed, so there is no interval: differences between points may be noise."
    text = f"{len(seeds.pretrain)} pretraining, {len(seeds.intermediate)} intermediate, {len(seeds.target)} target"
    speaking = f" and speak of {kind.speak_of}" if kind.speak_of else ""
    return f"Seeds: {text}; intervals are 95 % t-intervals over {over(answer.study)}{speaking}."


def _same_source(answer: Answer) -> Iterator[str]:
    chains: dict[tuple[str, ...], list[str]] = {}
    for point in answer.points:
        found = chains.setdefault(point.same_source, [])
        found += [point.at.intermediate] if point.at.intermediate not in found else []
    for targets, names in chains.items():
        if targets:
            yield f"Same source: {', '.join(targets)} trains on data of the intermediate stages of {', '.join(names)}."


def _unofficial(answer: Answer) -> Iterator[str]:
    """For each benchmark that is evaluated the test sets that are not whole, so that a point has no score of it."""
    found = (f"{suite}/score is missing: {why}." for point in answer.points for suite, why in point.unofficial.items())
    return iter(dict.fromkeys(found))


def _chance(answer: Answer) -> Iterator[str]:
    rows = _chance_rows(answer)
    if rows:
        yield f"At chance in every point that has them, so no evidence of transfer: {'; '.join(rows)}."


def _chance_rows(answer: Answer) -> list[str]:
    """By task, the languages that are at chance in every point that has a score for them."""
    lines = []
    for task, languages in answer.points[0].scores.items():
        scored = {lang: [p.scores[task][lang] for p in answer.points] for lang in languages}
        known = {lang: [s for s in scores if not isinstance(s, Missing)] for lang, scores in scored.items()}
        guessed = [language for language, scores in known.items() if scores and all(map(at_chance, scores))]
        lines += [f"{task}: {', '.join(guessed)}"] if guessed else []
    return lines


def _missing_rows(answer: Answer) -> list[str]:
    """By point and reason, the scores that are missing."""
    lines = []
    for point in answer.points:
        reasons: dict[str, list[str]] = {}
        for (task, language), reason in point.missing.items():
            reasons.setdefault(reason, []).append(f"{task}/{language}")
        lines += [f"- {point.at.label}: {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return lines


def _languages(point: Point) -> list[str]:
    return [f"- {task}: {', '.join(languages)}" for task, languages in point.scores.items()]


def _provenance(answer: Answer) -> list[str]:
    """Each thing that the environments of the phases say, with all of its values, and those that are missing."""
    found: dict[str, list[str]] = {}
    for environment in answer.environments:
        if isinstance(environment, Missing):
            found.setdefault("missing", []).append(environment.reason)
            continue
        for name, text in _flat({name: value for name, value in environment.items() if name != "ds_config"}):
            values = found.setdefault(name, [])
            values += [text] if text not in values else []
    return [f"- {name}: {' | '.join(values)}" for name, values in sorted(found.items())]


def _flat(environment: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, content in environment.items():
        if isinstance(content, Mapping):
            yield from _flat(content, f"{prefix}{name}.")
        else:
            yield prefix + name, str(content)
