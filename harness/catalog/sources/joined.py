"""Several sources as one: the rows of each in turn, with the name of its task before their ids."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.spec.errors import HarnessError
from harness.spec.example import Example
from harness.spec.task import Behind, Remote, Source


@dataclass(frozen=True)
class Joined:
    """The rows of `parts`, sources by the names of their tasks, in the splits that all of them have.

    They are at hand where those of every part are.
    """

    parts: Mapping[str, Source]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of all parts, sorted."""
        return tuple(sorted(set.intersection(*(set(source.splits) for source in self.parts.values()))))

    def published(self, split: str, language: str) -> int | None:
        """The sum over the parts, None where one is not known."""
        counts = [source.published(split, language) for source in self.parts.values()]
        return sum(count for count in counts if count is not None) if None not in counts else None

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """Languages in which the rows of every part are at hand, sorted."""
        found = [set(source.languages(root, split)) for source in self.parts.values()]
        return tuple(sorted(set.intersection(*found)))

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the parts' digests, or None where one is not at hand."""
        digests = [source.digest(root, split, language) for source in self.parts.values()]
        return None if None in digests else hashlib.sha256("".join(map(str, digests)).encode()).hexdigest()

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """The examples of the first part, then of the next; raises HarnessError naming a missing part."""
        for name, source in self.parts.items():
            if source.digest(root, split, language) is None:
                where = f"below {root}" if root else "without a data folder, which --data names"
                raise HarnessError(
                    f"the {split} rows of '{language}' need those of the task '{name}', which are not at hand {where}; "
                    f"all of {', '.join(self.parts)} are needed"
                )
        found = [row for name, source in self.parts.items() for row in _named(name, source.rows(root, split, language))]
        published = self.published(split, language)
        if published not in (None, len(found)):
            raise HarnessError(
                f"the {split} rows of {', '.join(self.parts)} are {len(found)} in all; expected the {published} "
                "that were published: a part is at hand in a smaller copy only"
            )
        yield from found

    def behind(self, root: Path | None, split: str, language: str) -> Behind | None:
        """The files of all parts, None where one is not at hand."""
        found = [source.behind(root, split, language) for source in self.parts.values()]
        parts = [part for part in found if part]
        if len(parts) < len(found):
            return None
        counts = [part.counted for part in parts]
        known = [count for count in counts if count is not None]
        return Behind(
            tuple(file for part in parts for file in part.files), sum(known) if len(known) == len(counts) else None
        )

    def remotes(self, split: str, language: str) -> tuple[Remote, ...]:
        """What can be fetched for all parts."""
        return tuple(remote for source in self.parts.values() for remote in source.remotes(split, language))


def _named(name: str, rows: Iterator[Example]) -> Iterator[Example]:
    for example in rows:
        row: Any = example  # each kind of example has an id
        yield row._replace(id=f"{name}:{row.id}")
