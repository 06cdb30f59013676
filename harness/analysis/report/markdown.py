"""The report as Markdown, as GitHub and MLflow show it."""

from collections.abc import Iterable, Iterator

from harness.analysis.report.content import Aside, Block, Bullets, Drawn, Heading, Lines, Paragraph, Report, Tabled


def markdown(report: Report) -> str:
    """The whole text; figures are those `<name>.png` beside it."""
    lines = [f"# {report.name}: {report.question}\n", *_blocks(report.first)]
    for section in report.sections:
        lines += [f"## {section.title}\n", *_blocks(section.blocks)]
    return "\n".join(lines)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text=text):
            yield f"{_plain(text)}\n"
        case Heading(text=text):
            yield f"### {_plain(text)}\n"
        case Bullets(lines=lines):
            yield from (f"- {_plain(line)}" for line in lines)
            yield ""
        case Lines(text=text):
            yield f"```text\n{text}\n```\n"
        case Tabled():
            yield _table(block)
        case Drawn(name=name, title=title, finding=finding, data=data):
            yield f"![{_plain(title)}. {_plain(finding)}]({name}.png)\n"
            yield f"*{_plain(title)}.* {_plain(finding)}\n"
            yield from map(_table, data)
        case Aside(summary=summary, blocks=inside):
            yield f"*{_plain(summary)}*\n"
            yield from _blocks(inside)


def _table(block: Tabled) -> str:
    if block.elsewhere is None:
        return block.table.markdown()
    notes = "".join(f"{note}  \n" for note in block.table.notes)
    return f"**{block.table.title}**\n\n{block.elsewhere}\n\n{notes}"


def _plain(text: str) -> str:
    """No text is taken for HTML."""
    return text.replace("<", "&lt;")
