"""One content, three ways: what HTML says Markdown says; tables as LaTeX; long ones as files."""

import csv
import html as entities
import io
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from harness.analysis.report.compose import Beside, compose
from harness.analysis.report.content import LONGEST, Bullets, Drawn, Paragraph, Tabled
from harness.analysis.report.export import points_csv, scores_csv
from harness.analysis.report.html import html
from harness.analysis.report.latex import escaped, latex
from harness.analysis.report.markdown import markdown
from harness.analysis.report.report import closing, write
from harness.analysis.table import Table


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", entities.unescape(re.sub(r"<[^>]*>", "", text)).replace("`", ""))


def test_html_and_markdown_say_the_same(make: Any) -> None:
    report = compose(make.answer(make.study()), Beside())
    page, text = plain(html(report)), plain(markdown(report))
    said = 0
    for block in report.blocks:
        match block:
            case Paragraph(text=own):
                lines = [own]
            case Bullets(lines=own):
                lines = [line for line in own if "](" not in line]
            case Drawn(finding=own):
                lines = [own]
            case Tabled(table=table):
                lines = [table.title, *table.notes, *(cell for rows in table.sections for row in rows for cell in row)]
            case _:
                lines = []
        for line in lines:
            assert plain(line) in page and plain(line) in text
        said += len(lines)
    assert said > 100


def test_no_two_tables_or_figures_share_their_files(make: Any) -> None:
    expected = "expected: [{model: xlm_r/base, measure: xnli/score, value: 76.0, tolerance: 1.0, source: a paper}]"
    sweep = "name: all\nmodels: [xlm_r/base]\nintermediate: [anli]\nepochs: [1, 2]\nbatch_size: 8\ntargets: [xnli]\n"
    report = compose(make.answer(make.study(f"{sweep}{expected}\n")), Beside())
    names = [block.name for block in (*report.tables, *report.figures)]
    assert "expected" in names and "published" in names
    figures = [block.name for block in report.figures]
    for group in ([block.name for block in report.tables], figures, [section.key for section in report.sections]):
        assert len(group) == len(set(group))


def test_the_first_paragraph_is_the_answer_and_the_terminal_begins_with_it(make: Any) -> None:
    answer = make.answer(make.study())
    report = compose(answer, Beside())
    said = answer.inference.paragraph
    assert markdown(report).split("\n\n")[1].startswith(said[:60])
    first = re.search(r"<main.*?<p[^>]*>(.*?)</p>", html(report), flags=re.DOTALL)
    assert first and plain(first[1]) == plain(said)
    assert str(closing(answer).renderables[0]) == said  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & c% $d #e {f}", r"a\_b \& c\% \$d \#e \{f\}"),
        ("anli>squad", r"anli\textgreater{}squad"),
        ("~ ^ \\", r"\textasciitilde{} \textasciicircum{} \textbackslash{}"),
        ("toy · batch 8", r"toy \textperiodcentered{} batch 8"),
    ],
)
def test_latex_takes_every_character_for_itself(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_a_latex_table_has_rules_caption_label_and_as_many_cells_as_columns() -> None:
    table = Table("Gains_1", ("series", "low"), ((("[a]", "+1.0*"),), (("b", "missing"),)), notes=("100 %",))
    text = latex(Tabled(table, "gains"), "demo")
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1 and text.count(r"\midrule") == 2
    assert r"\caption{Gains\_1}\label{tab:demo-gains}" in text
    assert r"{[a]} & +1.0* \\" in text  # else the bracket were an option of the line break above
    assert r"100 \%" in text
    assert latex(Tabled(Table("t", ("a",), ((("x",),) * (LONGEST + 1),)), "t"), "demo").count("{longtable}") == 2


def test_a_table_too_long_to_read_is_a_file_and_the_report_says_so(make: Any, tmp_path: Path) -> None:
    many = "\nepochs: [1, 2, 3, 4, 5, 6, 7, 8]\nbatch_size: [8, 16, 32, 64]\nhold: epochs\n"
    sweep = "name: many\nmodels: [xlm_r/base]\nintermediate: [anli]\ntargets: [{task: udpos, languages: [en, af, de]}]"
    written = write(make.answer(make.study(f"{sweep}{many}seeds: [1, 2, 3]\n")), tmp_path)
    assert "Its 99 rows are in [tables/points.csv](tables/points.csv)." in written.markdown.read_text()
    assert '<a href="tables/points.csv">tables/points.csv</a>' in written.html.read_text()
    assert len(list(csv.reader((tmp_path / "tables" / "points.csv").open()))) == 100


def test_parquet_holds_what_csv_holds_with_kinds(make: Any, tmp_path: Path) -> None:
    answer = make.answer(make.study())
    write(answer, tmp_path)
    for name, text in (("scores", scores_csv(answer)), ("points", points_csv(answer))):
        rows = list(csv.DictReader(io.StringIO(text)))
        table = pyarrow.parquet.read_table(tmp_path / f"{name}.parquet")
        assert len(set(table.column_names)) == len(table.column_names)
        assert table.column_names == list(rows[0])
        assert table.num_rows == len(rows)
        for column in ("model", "target_seed", "amount"):
            told = [row[column] for row in rows]
            assert ["" if one is None else str(one) for one in table[column].to_pylist()] == told
    assert {str(kind) for kind in table.schema.types} == {"string", "int64", "double"}
