"""The generated world as a source of rows: facts drawn from a seed, told in every language, needing no data folder.

A fact's subject and object decide its split, so no fact about a pair of them occurs in two splits or, for dev and test,
in pretraining text, in any language; every word occurs in all of them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

from harness.catalog.sources.world_grammar import (
    ADJECTIVES,
    ANIMALS,
    FOOD_VERBS,
    FOODS,
    LANGUAGES,
    NAMES,
    PLACES,
    TOOL_VERBS,
    TOOLS,
    VERBS,
    Fact,
    ToyLanguage,
    pick,
)
from harness.spec.errors import HarnessError
from harness.spec.example import Example
from harness.spec.load import nearest
from harness.spec.task import Behind, Remote

VERSION = 2  # raised by hand when the generator changes what it tells

SUBJECTS = (*NAMES, *ANIMALS)
OBJECTS = (*FOODS, *TOOLS)
_DEALT = ("test", "dev", *["train"] * 4)
_PARTNERS = (*FOODS, *PLACES)


@dataclass(frozen=True)
class World:
    """Rows of one kind: `draw` makes an item in concepts, `tell` puts it in a language, `sizes` counts rows by split.

    The items of a split are distinct and the same in every language, so that translations share an id.
    """

    kind: str
    draw: Callable[[Random, str], Any]
    tell: Callable[[str, Any, ToyLanguage], Example]
    sizes: Mapping[str, int]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are drawn, sorted."""
        return tuple(sorted(self.sizes))

    def published(self, split: str, language: str) -> int | None:
        """How many rows are drawn."""
        return self.sizes.get(split)

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """Every language of the world, where the split exists."""
        return tuple(sorted(LANGUAGES)) if split in self.sizes else ()

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of all that the rows are a function of: the generator's version and its parameters."""
        return content_digest(self.kind, self.sizes[split], split, language) if split in self.sizes else None

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """The items in `language`; raises HarnessError for an unknown language or split."""
        teller = known_language(language)
        for number, item in enumerate(islice(self._items(split), self._size(split))):
            yield self.tell(str(number), item, teller)

    def behind(self, root: Path | None, split: str, language: str) -> Behind | None:
        """No file: rows are generated."""
        return Behind((), self.published(split, language)) if language in self.languages(root, split) else None

    def remotes(self, split: str, language: str) -> tuple[Remote, ...]:
        """Nothing: rows are generated."""
        return ()

    def _items(self, split: str) -> Iterator[Any]:
        seen = set()
        for attempt in count():
            item = self.draw(Random(f"{self.kind} {split} {attempt}"), split)
            if item not in seen:
                seen.add(item)
                yield item

    def _size(self, split: str) -> int:
        if split not in self.sizes:
            raise HarnessError(f"the generated world has no split '{split}'; {nearest(split, self.sizes)}")
        return self.sizes[split]


def fact(random: Random, split: str, subjects: tuple[str, ...] = SUBJECTS) -> Fact:
    """A fact of `split`: nine in ten verbs suit the object, a third of all modifiers are there, a third is negated.

    A fifth of the objects come first, else half of the places. Without this freedom of order a model this small
    translates by position, and its languages find no common space.
    """
    subject, object_ = pick(random, subjects), pick(random, OBJECTS)
    while split_of(subject, object_) != split:
        subject, object_ = pick(random, subjects), pick(random, OBJECTS)
    place = perhaps(random, PLACES)
    suited = FOOD_VERBS if object_ in FOODS else TOOL_VERBS
    return Fact(
        subject,
        pick(random, suited if random.random() < 0.8 else VERBS),
        object_,
        perhaps(random, ADJECTIVES),
        perhaps(random, ADJECTIVES),
        place,
        negated=random.random() < 1 / 3,
        first="object" if random.random() < 0.2 else "place" if place and random.random() < 0.5 else None,
    )


def split_of(subject: str, partner: str) -> str:
    """The split of a subject with its object, or of an errand's with its place: of each six such pairs one is test.

    Tools turn against foods, so that no food and tool always come together.
    """
    first = SUBJECTS.index(subject)
    turn = first // len(_DEALT) - TOOLS.index(partner) if partner in TOOLS else _PARTNERS.index(partner)
    return _DEALT[(first + turn) % len(_DEALT)]


def perhaps(random: Random, choices: tuple[str, ...]) -> str | None:
    """One of `choices`, or two times in three none."""
    return pick(random, choices) if random.random() < 1 / 3 else None


def others(about: Fact, split: str) -> tuple[str, ...]:
    """Who else can have the object of a fact in `split`; two subjects at least share one."""
    return tuple(s for s in SUBJECTS if s != about.subject and split_of(s, str(about.object)) == split)


def known_language(name: str) -> ToyLanguage:
    """The language `name`; raises HarnessError."""
    if name not in LANGUAGES:
        raise HarnessError(f"the generated world has no language '{name}'; {nearest(name, LANGUAGES)}")
    return LANGUAGES[name]


def content_digest(kind: str, size: int, split: str, language: str) -> str:
    """SHA-256 of the parameters of `size` generated rows."""
    content = json.dumps([VERSION, kind, size, split, known_language(language)])
    return hashlib.sha256(content.encode()).hexdigest()
