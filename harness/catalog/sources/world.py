"""The generated world as a source of rows: facts drawn from a seed, told in every language, needing no data folder.

A fact's subject and object decide its split, so no pair of them, and no text that names both, occurs in two splits
or, for dev and test, in pretraining text, in any language; every word occurs in all of them.
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
    FOODS,
    LANGUAGES,
    NAMES,
    PLACES,
    TOOLS,
    VERBS,
    Fact,
    ToyLanguage,
    pick,
)
from harness.spec.errors import HarnessError
from harness.spec.load import nearest
from harness.spec.task import Example

VERSION = 1  # raised by hand when the generator changes what it tells

SUBJECTS = (*NAMES, *ANIMALS)
OBJECTS = (*FOODS, *TOOLS)
_DEALT = ("test", "dev", *["train"] * 6)


@dataclass(frozen=True)
class World:
    """Rows of one kind: `draw` makes an item in concepts, `tell` puts it in a language, `sizes` counts rows by split.

    The items of a split are distinct and the same in every language, so that translations share an id.
    """

    kind: str
    draw: Callable[[Random, str], Any]
    tell: Callable[[str, Any, ToyLanguage], Example]
    sizes: Mapping[str, int]

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
    """A fact of `split`; four in five verbs suit the object, a third of all modifiers are there, a third negated."""
    subject, object_ = pick(random, subjects), pick(random, OBJECTS)
    while split_of(subject, object_) != split:
        subject, object_ = pick(random, subjects), pick(random, OBJECTS)
    place = _perhaps(random, PLACES)
    suited = VERBS[:6] if object_ in FOODS else VERBS[6:]
    return Fact(
        subject,
        pick(random, suited if random.random() < 0.8 else VERBS),
        object_,
        _perhaps(random, ADJECTIVES),
        _perhaps(random, ADJECTIVES),
        place,
        negated=random.random() < 1 / 3,
        fronted=place is not None and random.random() < 0.5,
    )


def split_of(subject: str, object_: str) -> str:
    """The split of all facts about a subject and an object: one eighth of these pairs is test, one dev."""
    return _DEALT[(SUBJECTS.index(subject) + OBJECTS.index(object_)) % len(_DEALT)]


def known_language(name: str) -> ToyLanguage:
    """The language `name`; raises HarnessError."""
    if name not in LANGUAGES:
        raise HarnessError(f"the generated world has no language '{name}'; {nearest(name, LANGUAGES)}")
    return LANGUAGES[name]


def content_digest(kind: str, size: int, split: str, language: str) -> str:
    """SHA-256 of the parameters of `size` generated rows."""
    content = json.dumps([VERSION, kind, size, split, known_language(language)])
    return hashlib.sha256(content.encode()).hexdigest()


def _perhaps(random: Random, choices: tuple[str, ...]) -> str | None:
    return pick(random, choices) if random.random() < 1 / 3 else None
