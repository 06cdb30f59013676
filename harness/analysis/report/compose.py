"""What the report of a study says and in which order: the question, the answer, and everything behind it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.analysis.answer import Answer
from harness.analysis.figures.contrast_figure import contrast_figure
from harness.analysis.inference.results import Contrast, Tested
from harness.analysis.report import cost_part, provenance, scores_part
from harness.analysis.report.content import Block, Bullets, Drawn, Paragraph, Report, Section, section, tabled
from harness.analysis.report.experimental_details import experimental_details
from harness.analysis.report.limits import limits
from harness.analysis.report.notes import missing_rows, notes_of
from harness.analysis.spending.hours import Tariff
from harness.analysis.tables.claims_table import claims_tables
from harness.analysis.tables.collapse_tables import collapse_tables
from harness.analysis.tables.inference_tables import inference_tables
from harness.analysis.tables.interlinear import Rows
from harness.analysis.tables.planned_tables import planned_tables
from harness.analysis.tables.standing_table import half_finished, standing_tables
from harness.analysis.values import Missing
from harness.catalog import find

NAMED = 8  # contrasts in one sentence
FILES = (
    "[curve.html](curve.html): the curve to explore, with a menu of measures and numbers on hover",
    "[report.md](report.md): this report as Markdown",
    "[scores.csv](scores.csv), [scores.parquet](scores.parquet): one row per point, task and language, nothing rounded",
    "[points.csv](points.csv), [points.parquet](points.parquet): one row per point: aggregates, gains, costs, methods",
)


@dataclass(frozen=True)
class Beside:
    """What a report shows besides the answer: rows with glosses by task, and what accelerators cost."""

    examples: Mapping[str, Rows] = field(default_factory=dict)
    tariff: Tariff | None = None


def compose(answer: Answer, beside: Beside) -> Report:
    """The report of `answer`, however much of the study is finished."""
    sections = tuple(_sections(answer, beside))
    names = [block.name for each in sections for block in each.blocks if isinstance(block, Drawn)]
    return Report(
        name=answer.study.sweep.name,
        question=_question(answer.inference.primary.name),
        first=tuple(_first(answer)),
        sections=(*sections, Section("Files", (Bullets((*FILES, *_files(names))),))),
    )


def _question(asked: str) -> str:
    """The question in the title, by what the primary contrast asks."""
    helps = "Does intermediate training" if asked == "gain" else "Does the compute of intermediate training"
    told = f"{helps} help low-resource languages more"
    return f"{told}?" if asked in ("gain", "slope") else f"{told}, against the same compute on the targets' own data?"


def _first(answer: Answer) -> Iterator[Block]:
    """The answer, then which half of the study it rests on, then what was asked in full."""
    yield Paragraph(answer.inference.paragraph, lead=True)
    unfinished = tuple(half_finished(answer))
    if unfinished:
        yield Paragraph(" ".join(unfinished), lead=True)
    sweep = answer.study.sweep
    models = dict.fromkeys(point.at.model for point in answer.points)
    yield Paragraph(
        f"Asked in full: how much does intermediate training on {', '.join(sweep.intermediate)} buy on "
        f"{', '.join(answer.points[0].cells)} for {', '.join(models)}, against the compute it takes, and for which "
        "languages?"
    )
    yield from tabled(standing_tables(answer), "standing")


def _sections(answer: Answer, beside: Beside) -> Iterator[Section]:
    yield from section("Low against high", _contrasts(answer))
    yield from section("Planned and explored", tabled(planned_tables(answer), "planned"))
    yield from section("What to know of the numbers", (Bullets(tuple(notes_of(answer))),))
    yield from section("Gain against compute", scores_part.curve_blocks(answer))
    yield from section("Fits and frontier", scores_part.fit_blocks(answer))
    yield from section("Gain against model size", scores_part.size_blocks(answer))
    yield from section("Languages", scores_part.language_blocks(answer))
    yield from section("Zero-shot gap", scores_part.zero_shot_blocks(answer))
    yield from section("Retrieval", scores_part.retrieval_blocks(answer))
    yield from section("Published figures", tabled(claims_tables(answer, find.claims()), "published"))
    yield from section("Points", scores_part.point_blocks(answer))
    yield from section("Cost", cost_part.cost_blocks(answer, beside.tariff))
    yield from section("Collapsed runs", tabled(collapse_tables(answer), "collapse"))
    yield from section("Missing scores", _missing(answer))
    yield from section("What these numbers cannot say", (Bullets(tuple(limits(answer))),))
    yield from section("Experimental details", map(Paragraph, experimental_details(answer)))
    yield from section("What the languages look like", scores_part.example_blocks(beside.examples))
    yield from section("Provenance", provenance.provenance_blocks(answer))


def _contrasts(answer: Answer) -> Iterator[Block]:
    found = answer.inference
    every = (found.primary, *found.beside, *found.secondary, *found.sensitivity)
    if any(isinstance(each.finding, Contrast) for each in every):
        yield Drawn(
            contrast_figure(answer),
            name="contrast",
            title="How much more low-resource languages gain than high-resource ones",
            finding=_told_apart(every),
        )
    yield from tabled(inference_tables(answer), "inference")


def _told_apart(every: Sequence[Tested]) -> str:
    """Which contrasts can be told from zero, for who cannot see the figure."""
    known = [(each.name, each.finding) for each in every if isinstance(each.finding, Contrast)]
    above = [name for name, finding in known if not finding.is_noise and finding.estimate > 0]
    below = [name for name, finding in known if not finding.is_noise and finding.estimate < 0]
    gaps = [each.name for each in every if isinstance(each.finding, Missing)]
    parts = [
        f"Of {len(known)} contrasts {len(above)} are above zero, where low-resource languages gain more, {len(below)} "
        f"below, and the intervals of {len(known) - len(above) - len(below)} hold zero.",
        *([f"Above: {_some(above)}."] if above else []),
        *([f"Below: {_some(below)}."] if below else []),
        *([f"Missing: {'; '.join(gaps)}."] if gaps else []),
    ]
    return " ".join(parts)


def _some(names: Sequence[str]) -> str:
    more = f"; and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more


def _missing(answer: Answer) -> Iterator[Block]:
    rows = tuple(missing_rows(answer))
    yield Bullets(rows) if rows else Paragraph("None: every score of every point is there.")


def _files(figures: list[str]) -> Iterator[str]:
    for name in figures:
        yield f"[{name}.png]({name}.png), [{name}.svg]({name}.svg): the figure"
    yield "`tables/`: every table as CSV and as LaTeX (booktabs)"
