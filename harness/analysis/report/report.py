"""The files of a report in one folder, and the closing words on the terminal."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from harness.analysis.answer import Answer
from harness.analysis.figures.drawing import draw
from harness.analysis.figures.interactive import interactive
from harness.analysis.report.compose import Beside, compose
from harness.analysis.report.content import Tabled
from harness.analysis.report.export import points_csv, points_parquet, scores_csv, scores_parquet
from harness.analysis.report.html import html
from harness.analysis.report.latex import latex
from harness.analysis.report.markdown import markdown
from harness.analysis.report.notes import notes_of
from harness.analysis.spending.budgets import budget_tables
from harness.analysis.spending.usage import usage_table
from harness.analysis.tables.expected import expected_tables
from harness.analysis.tables.gains_table import gains_table
from harness.analysis.tables.language_tables import per_language
from harness.analysis.tables.point_tables import slopes
from harness.analysis.tables.retrieval_table import retrieval_tables
from harness.analysis.tables.size_table import size_tables
from harness.files.atomic import write_bytes, write_text


class Written(NamedTuple):
    """Where a reader begins."""

    html: Path
    markdown: Path
    curve: Path


def write(answer: Answer, folder: Path, beside: Beside | None = None) -> Written:
    """Write `report.html` and `report.md`, each figure, `tables/`, `scores.*` and `points.*` into `folder`.

    Raises HarnessError where the disk is full or the folder cannot be written.
    """
    report = compose(answer, beside or Beside())
    _clear(folder)
    write_text(folder / "scores.csv", scores_csv(answer))
    write_text(folder / "points.csv", points_csv(answer))
    write_bytes(folder / "scores.parquet", scores_parquet(answer))
    write_bytes(folder / "points.parquet", points_parquet(answer))
    for drawn in report.figures:
        draw(drawn.figure, folder / drawn.name)
    for each in report.tables:
        write_text(folder / "tables" / f"{each.name}.csv", _csv(each))
        write_text(folder / "tables" / f"{each.name}.tex", latex(each, report.name))
    write_text(folder / "curve.html", interactive(answer))
    write_text(folder / "report.md", markdown(report))
    write_text(folder / "report.html", html(report))
    return Written(folder / "report.html", folder / "report.md", folder / "curve.png")


def _clear(folder: Path) -> None:
    """Remove the figures and tables of an earlier report, of which this one may have fewer."""
    for stale in (
        *folder.glob("*.png"),
        *folder.glob("*.svg"),
        *folder.glob("tables/*.csv"),
        *folder.glob("tables/*.tex"),
    ):
        stale.unlink()


def closing(answer: Answer) -> RenderableType:
    """What `harness run` ends with: the answer, scores per language, what compute bought, what to know of it."""
    notes = [Text(note) for note in notes_of(answer)]
    told = (*per_language(answer), *retrieval_tables(answer), *expected_tables(answer))
    gained = (gains_table(answer), *size_tables(answer), slopes(answer))
    tables = (*told, *gained, *budget_tables(answer.bought), usage_table(answer.usage))
    return Group(Text(answer.inference.paragraph), Text(), *(table.rich() for table in tables), *notes)


def _csv(block: Tabled) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(block.table.columns)
    writer.writerows(row for rows in block.table.sections for row in rows)
    return buffer.getvalue()
