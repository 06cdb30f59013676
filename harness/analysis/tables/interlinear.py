"""Rows with their glosses as lines of plain text, each word above its gloss."""

from collections.abc import Iterator, Mapping, Sequence

from harness.catalog.examples import Line, ShownRow

Rows = Mapping[str, Sequence[ShownRow]]  # by language


def row_lines(language: str, row: ShownRow) -> Iterator[str]:
    """One row: its language and id, then its parts, each gloss under its text."""
    yield f"{language}, row {row.id}"
    width = max(len(line.name) for line in row.lines)
    for line in row.lines:
        text, gloss = _aligned(line)
        yield f"  {line.name:{width}}  {text}"
        if gloss:
            yield f"  {'':{width}}  {gloss}"


def glossed_section(examples: Mapping[str, Rows]) -> Iterator[str]:
    """The Markdown of one row of each task in `examples` in every language, as it stands and word for word."""
    yield "## What the languages look like\n"
    for task, rows in examples.items():
        yield f"### {task}\n\n```text"
        for language, shown in rows.items():
            yield from (line for row in shown for line in row_lines(language, row))
        yield "```\n"


def _aligned(line: Line) -> tuple[str, str | None]:
    """Text and gloss with their words in columns; as they are where they have not as many words."""
    words, glosses = line.text.split(), (line.gloss or "").split()
    if not glosses or len(words) != len(glosses):
        return line.text, line.gloss
    widths = [max(map(len, pair)) for pair in zip(words, glosses, strict=True)]
    first, second = (
        " ".join(f"{word:{width}}" for word, width in zip(row, widths, strict=True)).rstrip()
        for row in (words, glosses)
    )
    return first, second
