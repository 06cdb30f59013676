"""`harness data status`: what of each task lies below a data folder, read and held against what was published."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress

from harness.analysis.table import Table
from harness.catalog import find
from harness.catalog.coverage import shortfall
from harness.catalog.gold import tally
from harness.catalog.memory import file_digest
from harness.files.mirror import HUB, MANIFEST, MODELS, REMEDY, check_file, mirrors
from harness.spec.errors import HarnessError
from harness.spec.task import Task

Health = Literal["ok", "differs", "missing", "unreadable"]
FEW = 6  # languages that one line names


@dataclass(frozen=True)
class Standing:
    """The rows of one split in one language; `published` is None where it is not known, `problem` a sentence.

    `hidden`: no row that wants an answer shows its gold, or all show the same placeholder.
    """

    task: str
    split: str
    language: str
    health: Health
    rows: int | None = None
    published: int | None = None
    files: tuple[str, ...] = ()
    problem: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Mirror:
    """A mirrored repository of the hub, and what is wrong with its files."""

    folder: str
    files: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataStatus:
    """All that was found below a data folder."""

    standings: tuple[Standing, ...]
    mirrors: tuple[Mirror, ...]

    @property
    def problems(self) -> list[str]:
        """A sentence for each file that cannot be used."""
        found = [standing.problem for standing in self.standings if standing.problem]
        return list(dict.fromkeys([*found, *(problem for mirror in self.mirrors for problem in mirror.problems)]))

    @property
    def plain(self) -> dict[str, Any]:
        """For other programs."""
        return asdict(self)


def look(tasks: Sequence[str], root: Path | None, console: Console) -> DataStatus:
    """Read everything of `tasks`, or of all that are not generated, below `root`, with a bar over it on a terminal.

    A file that cannot be read is reported, and the rest goes on. Raises HarnessError for an unknown task or a folder
    that is not there.
    """
    if root is not None and not root.is_dir():
        raise HarnessError(f"{root}: no such data folder; name the folder that holds the tasks' files with --data")
    entries = [find.task(name) for name in tasks] or [
        task for task in map(find.task, find.task_names()) if in_files(task)
    ]
    places = [(task, split, language) for task in entries for split, language in _places(task)]
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("reading", total=len(places))
        standings = []
        for task, split, language in places:
            progress.update(bar, description=f"reading {task.name}, {split}, {language}")
            standings.append(_standing(task, split, language, root))
            progress.advance(bar)
        kept = tuple(_mirrors(root, progress)) if root and not tasks else ()
    return DataStatus(tuple(standings), kept)


def table(found: DataStatus) -> Table:
    """A row for each language that is there; those of a split that are not share one."""
    sections = [tuple(_rows(tuple(group))) for _, group in groupby(found.standings, key=lambda each: each.task)]
    kept = tuple(
        ("mirror", "", "", f"{mirror.files} files", "", "unreadable" if mirror.problems else "whole", mirror.folder)
        for mirror in found.mirrors
    )
    columns = ("task", "split", "language", "rows", "published", "", "files")
    return Table("Data", columns, (*sections, *([kept] if kept else [])), len(columns), tuple(found.problems))


def in_files(task: Task) -> bool:
    """Whether the rows of a task come from files; those of others are generated."""
    return bool(task.source.splits) and not any(task.source.languages(None, split) for split in task.source.splits)


def _places(task: Task) -> Iterator[tuple[str, str]]:
    for split in task.source.splits:
        pooled = task.pool.languages if task.pool and task.pool.split == split else None
        for language in pooled or task.languages:
            yield split, language


def _standing(task: Task, split: str, language: str, root: Path | None) -> Standing:
    source = task.source
    place = (task.name, split, language)
    published = source.published(split, language)
    files: tuple[str, ...] = ()
    try:
        behind = source.behind(root, split, language)
        if behind is None:
            return Standing(*place, "missing", None, published)
        files = tuple(_shown(file, root) for file in behind.files)
        rows, hidden = tally(source.rows(root, split, language), split == task.evaluate_on)
        differs = shortfall(source, root, (split, language), lambda: rows)
    except (HarnessError, OSError) as error:
        return Standing(*place, "unreadable", None, published, files, _sentence(error, root))
    return Standing(*place, "differs" if differs else "ok", rows, published, files, hidden=hidden)


def _sentence(error: Exception, place: Path | None) -> str:
    """What is wrong; of a file or folder that may not be looked into its name and the system's own words."""
    if isinstance(error, OSError):
        return f"{error.filename or place}: cannot be read ({error.strerror}); expected files that may be read"
    return str(error)


def _mirrors(root: Path, progress: Progress) -> Iterator[Mirror]:
    """Every mirror, the bytes of its files against its manifest."""
    for kind in (HUB, MODELS):
        try:
            standing = mirrors(root, kind)
        except (HarnessError, OSError) as error:
            yield Mirror(kind, 0, (_sentence(error, root / kind),))
            continue
        for folder, found in standing.items():
            name = _shown(folder, root)
            if found is None:
                yield Mirror(name, 0, (f"{folder}: has no {MANIFEST}, so its fetch did not end; {REMEDY}",))
                continue
            problems = []
            for file, expected in progress.track(found.files.items(), description=f"checking {name}"):
                path = folder / file
                try:
                    check_file(folder, file, expected, file_digest(path) if path.is_file() else None)
                except (HarnessError, OSError) as error:
                    problems.append(_sentence(error, path))
            yield Mirror(name, len(found.files), tuple(problems))


def _shown(path: Path, root: Path | None) -> str:
    return str(path.relative_to(root)) if root else str(path)


def _rows(standings: Sequence[Standing]) -> Iterator[tuple[str, ...]]:
    if all(each.health == "missing" for each in standings):
        yield _missing("every split", standings)
        return
    for split, group in groupby(standings, key=lambda each: each.split):
        of_split = tuple(group)
        for each in of_split:
            if each.health != "missing":
                yield _row(each)
        if absent := [each for each in of_split if each.health == "missing"]:
            yield _missing(split, absent)


def _row(each: Standing) -> tuple[str, ...]:
    health = f"{each.health}, gold hidden" if each.hidden else each.health
    shown = (_count(each.rows), _count(each.published) or "?", health, _files(each.files))
    return (each.task, each.split, each.language, *shown)


def _missing(split: str, absent: Sequence[Standing]) -> tuple[str, ...]:
    languages = list(dict.fromkeys(each.language for each in absent))
    shown = " ".join(languages) if len(languages) <= FEW else f"{len(languages)} languages"
    return (absent[0].task, split, shown, "", "", "missing", "")


def _files(files: Sequence[str]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]}{more}" if files else "generated"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
