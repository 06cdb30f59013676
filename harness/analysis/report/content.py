"""The report as a value: sections of blocks, each text once, for HTML, Markdown and LaTeX to write each in its way.

Texts are plain; what stands `between backticks` is code, and [a name](its/file) is a link to a file beside the report.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from matplotlib.figure import Figure

from harness.analysis.table import Table

LONGEST = 60  # rows of a table that people read through; longer ones are files beside the report


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; `lead` is for those that a reader in a hurry reads."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: bool = False


@dataclass(frozen=True)
class Heading:
    """The title of a part of a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list without order."""

    kind: ClassVar[str] = "bullets"
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Text whose spaces and line ends stay as they are."""

    kind: ClassVar[str] = "lines"
    text: str


@dataclass(frozen=True)
class Tabled:
    """A table and the stem of its files in `tables/`; a `whole` one is shown however long it is."""

    kind: ClassVar[str] = "table"
    table: Table
    name: str
    whole: bool = False

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(map(len, self.table.sections))

    @property
    def elsewhere(self) -> str | None:
        """The sentence in place of a table that is too long to read; None where it is shown."""
        if self.whole or self.rows <= LONGEST:
            return None
        return f"Its {self.rows:,} rows are in [tables/{self.name}.csv](tables/{self.name}.csv)."


@dataclass(frozen=True)
class Drawn:
    """A figure, the stem of its files, what it is, what it shows in words, and the numbers behind it."""

    kind: ClassVar[str] = "figure"
    figure: Figure
    name: str
    title: str
    finding: str
    data: tuple[Tabled, ...] = ()


@dataclass(frozen=True)
class Aside:
    """Blocks that are read only by who opens them."""

    kind: ClassVar[str] = "aside"
    summary: str
    blocks: tuple["Block", ...]


Block = Paragraph | Heading | Bullets | Lines | Tabled | Drawn | Aside


@dataclass(frozen=True)
class Section:
    """A titled part of the report."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def key(self) -> str:
        """Its name in links."""
        return slug(self.title)


@dataclass(frozen=True)
class Report:
    """The whole report of the sweep called `name`: the question it asks, the first words, and the sections after it."""

    name: str
    question: str
    first: tuple[Block, ...]
    sections: tuple[Section, ...]

    @property
    def blocks(self) -> Iterator[Block]:
        """Every block, also of asides and what is behind figures, in reading order."""
        yield from _all(self.first)
        for section in self.sections:
            yield from _all(section.blocks)

    @property
    def tables(self) -> Iterator[Tabled]:
        """Every table."""
        return (block for block in self.blocks if isinstance(block, Tabled))

    @property
    def figures(self) -> Iterator[Drawn]:
        """Every figure."""
        return (block for block in self.blocks if isinstance(block, Drawn))


def section(title: str, blocks: Iterable[Block]) -> Iterator[Section]:
    """The section of these blocks, or nothing where there are none."""
    found = tuple(blocks)
    if found:
        yield Section(title, found)


def tabled(tables: Iterable[Table], name: str, whole: bool = False) -> Iterator[Tabled]:
    """Blocks of `tables`, with file stems `name`, `name_2`, ..."""
    for number, table in enumerate(tables, start=1):
        yield Tabled(table, name if number == 1 else f"{name}_{number}", whole)


def slug(text: str) -> str:
    """`text` as a name in links and files: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _all(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        match block:
            case Aside(blocks=inside):
                yield from _all(inside)
            case Drawn(data=behind):
                yield from behind
