"""Pretraining text of the generated world: documents in one language, and translations that mix it with English.

A translation tells the same in English and in the other language, every word taken from either, half and half. Without
the mixing so small a model finds no common space for its languages. It stands in for the scale at which XLM-R finds
one, and is not XLM-R's objective.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from harness.catalog.sources.world import content_digest, fact, known_language, others
from harness.catalog.sources.world_grammar import BASE, LANGUAGES, Fact, ToyLanguage, arranged, pick, question
from harness.catalog.sources.world_words import words
from harness.spec.errors import HarnessError
from harness.spec.example import Example, TextExample
from harness.spec.task import Behind, Remote


@dataclass(frozen=True)
class WorldText:
    """Documents about the facts of the training split alone, as many as the language has."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Training text is all there is."""
        return ("train",)

    def published(self, split: str, language: str) -> int | None:
        """Documents and translations of a language."""
        return known_language(language).documents + known_language(language).pairs if split == "train" else None

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """The languages that have text."""
        seen = (name for name, language in LANGUAGES.items() if language.documents)
        return tuple(sorted(seen)) if split == "train" else ()

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the generator's version and its parameters."""
        return content_digest("text", 0, split, language) if language in self.languages(root, split) else None

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """Documents in `language`, then its translations; raises HarnessError where there are none."""
        teller = known_language(language)
        if language not in self.languages(root, split):
            raise HarnessError(f"the generated world has no {split} text in '{language}'; expected train text")
        for number in range(teller.documents):
            yield TextExample(f"{number}", _document(Random(f"text {language} {number}"), teller))
        for number in range(teller.pairs):
            yield _translation(f"mixed-{number}", Random(f"mixed {language} {number}"), teller)

    def behind(self, root: Path | None, split: str, language: str) -> Behind | None:
        """No file: rows are generated."""
        return Behind((), self.published(split, language)) if language in self.languages(root, split) else None

    def remotes(self, split: str, language: str) -> tuple[Remote, ...]:
        """Nothing: rows are generated."""
        return ()


def _document(random: Random, language: ToyLanguage) -> str:
    told = [fact(random, "train") for _ in range(pick(random, (1, 2)))]
    concepts = [concept for item in told for concept in _sentence(item, language)]
    return " ".join(words(concepts + _follow_up(random.random(), told, language), language))


def _translation(key: str, random: Random, language: ToyLanguage) -> TextExample:
    told = [fact(random, "train")]
    more, seed = random.random() < 0.5, random.random()
    sides = (
        _sentence(told[0], teller) + (_follow_up(seed, told, teller) if more else []) for teller in (BASE, language)
    )
    mixed = (
        " ".join(pick(random, either) for either in zip(words(side, BASE), words(side, language), strict=True))
        for side in sides
    )
    return TextExample(key, next(mixed), next(mixed))


def _follow_up(seed: float, told: list[Fact], language: ToyLanguage) -> list[str]:
    """A further sentence on one of the facts: an opinion, a question with its answer, or just less of it.

    The same seed gives the same in every language.
    """
    random = Random(seed)
    again = pick(random, tuple(told))
    kind = random.random()
    if kind < 0.35 and len(told) == 1:
        return _sentence(_opinion(random, again), language)
    place_asked = again.place is not None and random.random() < 0.5
    restated = again.bare._replace(place=again.place if place_asked else None)
    if kind < 0.65:
        return [*question(again, place_asked, language), *_sentence(restated, language)]
    said = restated if kind < 0.9 else _opinion(random, again, ("agree", "agree"))
    return _sentence(said, language)


def _opinion(random: Random, about: Fact, verbs: tuple[str, str] = ("regret", "welcome")) -> Fact:
    """Somebody regrets bad news and welcomes good ones."""
    return Fact(pick(random, others(about, "train")), verbs[about.pleasing], about.object)


def _sentence(told: Fact, language: ToyLanguage) -> list[str]:
    return [*arranged(told, language), "."]
