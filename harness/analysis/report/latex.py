"""The tables of the report as LaTeX: one float a file, with booktabs, a caption and a label."""

from collections.abc import Iterable, Iterator

from harness.analysis.report.content import LONGEST, Tabled
from harness.analysis.table import Row

# One pass over the text, so that what an escape begins with is not escaped again.
ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "`": "",
        "·": r"\textperiodcentered{}",
        "±": r"$\pm$",
        "×": r"$\times$",
        "−": "$-$",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
)
HEAD = "% \\usepackage{booktabs}\n"
LONG_HEAD = "% \\usepackage{booktabs,longtable}\n"
FITTING = 9  # columns that a page takes at its normal size


def latex(block: Tabled, study: str) -> str:
    """The table as a float, or as a longtable where it does not fit a page; label `tab:<study>-<name>`."""
    table = block.table
    columns = "l" * table.names + "r" * (len(table.columns) - table.names)
    caption = f"\\caption{{{escaped(table.title)}}}\\label{{tab:{study}-{block.name}}}"
    body = "\\midrule\n".join("".join(map(_row, rows)) for rows in table.sections if rows)
    head = _row(table.columns)
    if block.rows > LONGEST:
        middle = f"\\toprule\n{head}\\midrule\n\\endhead\n{body}\\bottomrule\n"
        return f"{LONG_HEAD}\\begin{{longtable}}{{{columns}}}\n{caption}\\\\\n{middle}\\end{{longtable}}\n"
    size = "\\footnotesize\n" if len(table.columns) > FITTING else ""
    lines = (
        f"{HEAD}\\begin{{table}}\n\\centering\n{size}{caption}\n\\begin{{tabular}}{{{columns}}}\n",
        f"\\toprule\n{head}\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n",
        *_notes(table.notes),
        "\\end{table}\n",
    )
    return "".join(lines)


def escaped(text: str) -> str:
    """`text` with every character that LaTeX would take for something else written so that it stands for itself."""
    return text.translate(ESCAPES)


def _row(cells: Row) -> str:
    return " & ".join(map(_cell, cells)) + r" \\" + "\n"


def _cell(text: str) -> str:
    """A bracket at the beginning of a row would be taken for the option of the line break before it."""
    return f"{{{escaped(text)}}}" if text.startswith("[") else escaped(text)


def _notes(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield f"\\par\\smallskip\\footnotesize {escaped(note)}\n"
