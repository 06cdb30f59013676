"""Published files as a source of rows: where the files of a split may lie, and which reader understands them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.catalog.keys import key
from harness.catalog.memory import file_digest
from harness.catalog.sources.at_hand import is_there, matching
from harness.files.mirror import data_folder
from harness.spec.errors import HarnessError
from harness.spec.example import Example, SpanExample
from harness.spec.task import Behind, Hub, Remote

FEW = 4  # places that a sentence names

Reader = Callable[[Sequence[Path], str], Iterator[Example]]


@dataclass(frozen=True)
class Layout:
    """One way in which data are published: the files behind some splits of a language, and their reader.

    `paths` are relative to the data folder and may name {split}, {language} and {code}; all of them are read, in
    order. The reader gets the files and the language. `counts` has the published numbers of rows, by split and
    language, as far as they were read in a source: a file of another size is refused, so that a number from memory has
    no place there. `optional` are read after `paths` where they are at hand, such as labels that some copies lack;
    `languages` are those whose rows it has, where they are not all that the source knows. A path may hold `*`; its
    files are read in the order of their names. `hub` is the data set that the paths mirror.
    `excluded` has keys (`catalog.keys`) of contexts whose questions are left out, after all rows were counted.
    """

    splits: tuple[str, ...]
    paths: tuple[str, ...]
    read: Reader
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    languages: tuple[str, ...] | None = None
    hub: Hub | None = None
    excluded: frozenset[str] = frozenset()


def without(excluded: frozenset[str], layouts: Sequence[Layout]) -> tuple[Layout, ...]:
    """The layouts, less the questions on contexts with these keys."""
    return tuple(replace(layout, excluded=excluded) for layout in layouts)


@dataclass(frozen=True)
class Files:
    """Rows from published files; the first layout of which a file is at hand counts.

    `known` are the languages that may be looked for, `codes` what file names call them where they differ.
    """

    layouts: tuple[Layout, ...]
    known: tuple[str, ...]
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of all layouts, sorted."""
        return tuple(sorted({split for layout in self.layouts for split in layout.splits}))

    def published(self, split: str, language: str) -> int | None:
        """The count of the first layout that knows it."""
        counts = (layout.counts.get(split, {}).get(language) for layout in self._layouts(split, language))
        return next((count for count in counts if count is not None), None)

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """Languages whose files lie below `root`, sorted; raises HarnessError where only some files of one do."""
        return tuple(sorted(language for language in self.known if self._at_hand(root, split, language)))

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the bytes of the file behind the rows, or of the digests of several; None without them."""
        found = self._at_hand(root, split, language)
        if found is None:
            return None
        digests = [file_digest(file) for file in found[1]]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """The examples in their published order; raises HarnessError for a missing, malformed or cut-off file."""
        found = self._at_hand(root, split, language)
        if found is None:
            raise HarnessError(self._missing(root, split, language))
        layout, files = found
        examples = list(layout.read(files, language))
        published = layout.counts.get(split, {}).get(language, len(examples))
        where = " and ".join(str(file) for file in files)
        _check(examples, published, where)
        if not examples:
            raise HarnessError(f"{where}: holds no rows of '{language}'; expected at least one")
        yield from (example for example in examples if not _is_excluded(example, layout.excluded))

    def behind(self, root: Path | None, split: str, language: str) -> Behind | None:
        """The files that count, in the order in which they are read, and how many rows were published in them."""
        found = self._at_hand(root, split, language)
        return Behind(tuple(found[1]), found[0].counts.get(split, {}).get(language)) if found else None

    def remotes(self, split: str, language: str) -> tuple[Remote, ...]:
        """What the first layout of the hub is read from, as paths in its repository."""
        for layout in self._layouts(split, language):
            if layout.hub:
                inside = f"{data_folder(layout.hub.repo, layout.hub.revision)}/"
                paths = self._filled(layout.paths, split, language)
                return (Remote(layout.hub, tuple(path.removeprefix(inside) for path in paths)),)
        return ()

    def _at_hand(self, root: Path | None, split: str, language: str) -> tuple[Layout, list[Path]] | None:
        if root is None:
            return None
        for layout in self._layouts(split, language):
            files = [file for path in self._filled(layout.paths, split, language) for file in matching(root, path)]
            absent = [file for file in files if not is_there(file)]
            if absent and len(absent) < len(files):
                present = next(file for file in files if file not in absent)
                raise HarnessError(f"{absent[0]}: is missing, though it belongs with {present.name}")
            if not absent:
                others = [root / path for path in self._filled(layout.optional, split, language)]
                return layout, files + [file for file in others if is_there(file)]
        return None

    def _layouts(self, split: str, language: str) -> Iterator[Layout]:
        for layout in self.layouts:
            if split in layout.splits and language in (layout.languages or (language,)):
                yield layout

    def _filled(self, paths: Sequence[str], split: str, language: str) -> list[str]:
        code = self.codes.get(language, language)
        return [path.format(split=split, language=language, code=code) for path in paths]

    def _missing(self, root: Path | None, split: str, language: str) -> str:
        if split not in self.splits:
            return f"the split '{split}' is not published; known: {', '.join(self.splits) or 'none'}"
        layouts = list(self._layouts(split, language))
        if not layouts:
            return f"the {split} rows of '{language}' are not published"
        choices = [" with ".join(self._filled(each.paths, split, language)) for each in layouts if not each.hub]
        others = f", or in {len(choices) - FEW} other places," if len(choices) > FEW else ""
        where = f"below {root}" if root else "below a data folder, which --data names"
        hub = "; `harness data fetch` brings them from the hub" if self.remotes(split, language) else ""
        expected = f"{' or '.join(choices[:FEW])}{others} {where}{hub}"
        return f"the {split} rows of '{language}' are not at hand: expected {expected}"


def _is_excluded(example: Example, excluded: frozenset[str]) -> bool:
    return bool(excluded) and isinstance(example, SpanExample) and key(example.context) in excluded


def _check(examples: Sequence[Example], published: int, where: str) -> None:
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise HarnessError(f"{where}: the id '{example.id}' occurs twice; expected one row an id")
        seen.add(example.id)
    if len(examples) != published:
        raise HarnessError(f"{where}: holds {len(examples)} rows; expected the {published} that were published")
