"""Pretraining text of the generated world: documents in one language, and documents that mix it with English.

The mixed documents tell one fact in English and in the other language, with every word taken from either, half and
half. Without them so small a model finds no common space for its languages; they stand in for the scale at which
XLM-R finds one, and are not XLM-R's objective.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from harness.catalog.sources.world import content_digest, fact, known_language
from harness.catalog.sources.world_grammar import BASE, LANGUAGES, Fact, ToyLanguage, arranged, pick, question, words
from harness.spec.errors import HarnessError
from harness.spec.task import Example, TextExample


@dataclass(frozen=True)
class WorldText:
    """Documents about the facts of the training split alone, as many as the language's table row says."""

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """The languages that have text."""
        seen = (name for name, language in LANGUAGES.items() if language.documents)
        return tuple(sorted(seen)) if split == "train" else ()

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the generator's version and its parameters."""
        return content_digest("text", 0, split, language) if language in self.languages(root, split) else None

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """Documents in `language`, then those mixed with English; raises HarnessError where there are none."""
        teller = known_language(language)
        if language not in self.languages(root, split):
            raise HarnessError(f"the generated world has no {split} text in '{language}'; expected train text")
        for number in range(teller.documents):
            yield TextExample(f"{number}", _document(Random(f"text {language} {number}"), teller))
        for number in range(teller.pairs):
            yield TextExample(f"mixed-{number}", _mixed(Random(f"mixed {language} {number}"), teller))


def _document(random: Random, language: ToyLanguage) -> str:
    told = [fact(random, "train") for _ in range(pick(random, (1, 2)))]
    return " ".join(words(_discourse(random, told, language), language))


def _mixed(random: Random, language: ToyLanguage) -> str:
    told = fact(random, "train")
    concepts = _sentence(told, BASE) + _sentence(told, language)
    either = zip(words(concepts, BASE), words(concepts, language), strict=True)
    return " ".join(pick(random, both) for both in either)


def _discourse(random: Random, told: list[Fact], language: ToyLanguage) -> list[str]:
    """The facts; then, mostly, one of them again with fewer modifiers, after a question or as another's opinion."""
    again = pick(random, tuple(told))
    place_asked = again.place is not None and random.random() < 0.5
    restated = again.bare._replace(place=again.place if place_asked else None)
    follow_ups: tuple[list[str], ...] = (
        [],
        _sentence(restated, language),
        _sentence(restated, language),
        [*question(again, place_asked, language), *_sentence(restated, language)],
        _sentence(again.bare._replace(verb="agree"), language),
    )
    return [concept for item in told for concept in _sentence(item, language)] + pick(random, follow_ups)


def _sentence(told: Fact, language: ToyLanguage) -> list[str]:
    return [*arranged(told, language), "."]
