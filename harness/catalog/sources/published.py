"""Published files as a source of rows: where the files of a split may lie, and which reader understands them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalog.memory import file_digest
from harness.spec.errors import HarnessError
from harness.spec.example import Example

Reader = Callable[[Sequence[Path], str], Iterator[Example]]


@dataclass(frozen=True)
class Layout:
    """One way in which data are published: the files behind some splits of a language, and their reader.

    `paths` are relative to the data folder and may name {split}, {language} and {code}; all of them are read, in
    order. The reader gets the files and the language. `counts` has the published numbers of rows, by split and
    language, as far as they are known.
    """

    splits: tuple[str, ...]
    paths: tuple[str, ...]
    read: Reader
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


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
        counts = (layout.counts.get(split, {}).get(language) for layout in self._layouts(split))
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
        _check(examples, published, " and ".join(str(file) for file in files))
        yield from examples

    def _at_hand(self, root: Path | None, split: str, language: str) -> tuple[Layout, list[Path]] | None:
        if root is None:
            return None
        for layout in self._layouts(split):
            files = [root / path for path in self._paths(layout, split, language)]
            absent = [file for file in files if not file.is_file()]
            if absent and len(absent) < len(files):
                present = next(file for file in files if file not in absent)
                raise HarnessError(f"{absent[0]}: is missing, though it belongs with {present.name}")
            if not absent:
                return layout, files
        return None

    def _layouts(self, split: str) -> Iterator[Layout]:
        return (layout for layout in self.layouts if split in layout.splits)

    def _paths(self, layout: Layout, split: str, language: str) -> list[str]:
        code = self.codes.get(language, language)
        return [path.format(split=split, language=language, code=code) for path in layout.paths]

    def _missing(self, root: Path | None, split: str, language: str) -> str:
        choices = [" with ".join(self._paths(layout, split, language)) for layout in self._layouts(split)]
        if not choices:
            return f"the split '{split}' is not published; known: {', '.join(self.splits) or 'none'}"
        where = f"below {root}" if root else "below a data folder, which --data names"
        return f"the {split} rows of '{language}' are not at hand: expected {' or '.join(choices)} {where}"


def _check(examples: Sequence[Example], published: int, where: str) -> None:
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise HarnessError(f"{where}: the id '{example.id}' occurs twice; expected one row an id")
        seen.add(example.id)
    if len(examples) != published:
        raise HarnessError(f"{where}: holds {len(examples)} rows; expected the {published} that were published")
