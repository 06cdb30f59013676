"""The words of the generated world: a lexicon for every language, and the way back from a word to its gloss."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from random import Random

from harness.catalog.sources.world_grammar import LANGUAGES, SENSES, Fact, ToyLanguage, arranged, pick


def words(concepts: Sequence[str], language: ToyLanguage) -> list[str]:
    """The words of `language` for a sequence of concepts; names and signs stand for themselves."""
    lexicon = _lexicons()[language.name]
    return [lexicon.get(concept, concept) for concept in concepts]


def sentence(told: Fact, language: ToyLanguage) -> str:
    """One fact as a sentence."""
    return " ".join(words([*arranged(told, language), "."], language))


def gloss(language: str, text: str) -> str:
    """`text` word for word in concepts; words of another language of the world are glossed too."""
    known = _glosses()
    return " ".join(known.get(word, word) for word in text.split())


@cache
def _lexicons() -> dict[str, dict[str, str]]:
    """A word of two or three random syllables for every concept; no two languages share one."""
    random = Random("lexicon")
    syllables = tuple("".join(pair) for pair in product("bdfgklmnprstvz", "aeiou"))
    taken: set[str] = set()

    def fresh() -> str:
        while True:
            word = "".join(pick(random, syllables) for _ in range(pick(random, (2, 2, 3))))
            if word not in taken:
                taken.add(word)
                return word

    return {name: {concept: fresh() for concept in SENSES} for name in LANGUAGES}


@cache
def _glosses() -> dict[str, str]:
    return {word: concept for lexicon in _lexicons().values() for concept, word in lexicon.items()}
