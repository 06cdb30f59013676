"""The languages of the generated world: one meaning, told with other words in another order."""

from functools import cache
from itertools import product
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class ToyLanguage(NamedTuple):
    """Word order (of S, V and O), place of adjective and adposition, and documents of pretraining text.

    `pairs` counts the further documents that mix the language with English.
    """

    name: str
    order: str
    adjective_first: bool
    preposition: bool
    documents: int
    pairs: int


# The lexicon is drawn in this order, so a further language belongs at the end. ha and la, hb and lb are
# matched: the same grammar, other amounts of text. zz is never seen in pretraining.
_TABLE = (
    ToyLanguage("en", "SVO", True, True, 2000, 0),
    ToyLanguage("ha", "SVO", True, True, 2000, 2000),
    ToyLanguage("hb", "SOV", True, False, 2000, 2000),
    ToyLanguage("hc", "VSO", False, True, 2000, 2000),
    ToyLanguage("ma", "SVO", False, True, 640, 640),
    ToyLanguage("la", "SVO", True, True, 200, 200),
    ToyLanguage("lb", "SOV", True, False, 200, 200),
    ToyLanguage("zz", "SVO", True, True, 0, 0),
)
LANGUAGES = {language.name: language for language in _TABLE}
BASE = LANGUAGES["en"]

NAMES = ("ada", "anna", "eli", "emil", "ida", "ivan", "otto", "ulla")  # spelt alike everywhere, as are . and ?
ANIMALS = tuple(f"animal{n}" for n in range(8))
FOODS = tuple(f"food{n}" for n in range(8))
TOOLS = tuple(f"tool{n}" for n in range(8))
PLACES = tuple(f"place{n}" for n in range(6))
VERBS = tuple(f"verb{n}" for n in range(12))
ADJECTIVES = tuple(f"adjective{n}" for n in range(8))
FUNCTION_WORDS = {"not": "PART", "at": "ADP", "agree": "VERB", "what": "PRON", "where": "ADV"}

TAGS = {
    **dict.fromkeys((*ANIMALS, *FOODS, *TOOLS, *PLACES), "NOUN"),
    **dict.fromkeys(VERBS, "VERB"),
    **dict.fromkeys(ADJECTIVES, "ADJ"),
    **FUNCTION_WORDS,
}


class Fact(NamedTuple):
    """Who does what to whom or what, in concepts; `fronted` puts the place first."""

    subject: str
    verb: str | None
    object: str
    subject_adjective: str | None = None
    object_adjective: str | None = None
    place: str | None = None
    negated: bool = False
    fronted: bool = False

    @property
    def bare(self) -> "Fact":
        """The fact without adjectives and place."""
        return Fact(self.subject, self.verb, self.object, negated=self.negated)


def arranged(fact: Fact, language: ToyLanguage) -> list[str]:
    """The concepts of `fact` in the order of `language`."""
    verb = [fact.verb] if fact.verb else []
    parts = {
        "S": _described(fact.subject, fact.subject_adjective, language),
        "V": ["not", *verb] if fact.negated else verb,
        "O": _described(fact.object, fact.object_adjective, language),
    }
    core = [concept for role in language.order for concept in parts[role]]
    place = _located(fact.place, language)
    return [*place, *core] if fact.fronted else [*core, *place]


def question(fact: Fact, place_asked: bool, language: ToyLanguage) -> list[str]:
    """The concepts of the question where `fact` happens, or else what its subject does to its object."""
    asked = fact.bare._replace(verb=None if place_asked else "what", negated=False)
    return [*(["where"] if place_asked else []), *arranged(asked, language), "?"]


def words(concepts: list[str], language: ToyLanguage) -> list[str]:
    """The words of `language` for a sequence of concepts."""
    lexicon = _lexicons()[language.name]
    return [lexicon.get(concept, concept) for concept in concepts]


def pick(random: Random, choices: tuple[T, ...]) -> T:
    """One of `choices`, by `Random.random` alone: the only method whose sequence Python promises never to change."""
    return choices[int(random.random() * len(choices))]


def _described(noun: str, adjective: str | None, language: ToyLanguage) -> list[str]:
    if adjective is None:
        return [noun]
    return [adjective, noun] if language.adjective_first else [noun, adjective]


def _located(place: str | None, language: ToyLanguage) -> list[str]:
    if place is None:
        return []
    return ["at", place] if language.preposition else [place, "at"]


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

    return {name: {concept: fresh() for concept in TAGS} for name in LANGUAGES}
