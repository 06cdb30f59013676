"""A table as a value: drawn for the terminal by rich, written as Markdown for the report."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from harness.analysis.values import Missing, Value

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of text in sections; the first `names` columns are names, set left, the others numbers, set right."""

    title: str
    columns: Row
    sections: tuple[tuple[Row, ...], ...]
    names: int = 1
    notes: tuple[str, ...] = ()

    def rich(self) -> RenderableType:
        """For the terminal, legible as plain text too."""
        table = RichTable(
            title=self.title,
            title_justify="left",
            title_style="bold",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            collapse_padding=True,
        )
        for name in self.columns[: self.names]:
            table.add_column(name, overflow="fold")
        for name in self.columns[self.names :]:
            table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True)
        for rows in self.sections:
            for row in rows:
                table.add_row(*(Text(cell) for cell in row))
            table.add_section()
        return Group(table, *(Text(note) for note in self.notes))

    def markdown(self) -> str:
        """For the report."""
        ruler = ["---" if index < self.names else "--:" for index in range(len(self.columns))]
        rows = [_line(row) for rows in self.sections for row in rows]
        notes = [f"{note}  " for note in self.notes]
        return "\n".join([f"**{self.title}**", "", _line(self.columns), _line(ruler), *rows, "", *notes]) + "\n"


def number(value: Value) -> str:
    """A score in percent."""
    return "missing" if isinstance(value, Missing) else f"{value:.1f}"


def signed(value: Value) -> str:
    """A gain in percentage points."""
    return "missing" if isinstance(value, Missing) else f"{value:+.1f}"


def scientific(value: Value) -> str:
    """FLOPs."""
    if isinstance(value, Missing):
        return "missing"
    return f"{value:.2e}" if value else "0"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
