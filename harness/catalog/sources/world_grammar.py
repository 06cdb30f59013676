"""The languages of the generated world: one meaning, told with other words in another order."""

from itertools import product
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class ToyLanguage(NamedTuple):
    """Word order (of S, V and O), place of adjective and adposition, and documents of pretraining text.

    `pairs` counts the further documents that tell something in English and in the language.
    """

    name: str
    order: str
    adjective_first: bool
    preposition: bool
    documents: int
    pairs: int


# Three structures times three amounts of text, so that resource and structure can be told apart: the first letter
# says how much text there is (high, low, zero), the second which grammar. Where there is none, a tokenizer trained on
# the text does not know the words either.
_STRUCTURES = {"a": ("SVO", True, True), "b": ("SOV", True, False), "c": ("VSO", False, True)}
_AMOUNTS = {"h": (2500, 4000), "l": (250, 400), "z": (0, 0)}

BASE = ToyLanguage("en", *_STRUCTURES["a"], documents=2500, pairs=0)
_OTHERS = tuple(ToyLanguage(a + s, *_STRUCTURES[s], *_AMOUNTS[a]) for a, s in product(_AMOUNTS, _STRUCTURES))
LANGUAGES = {language.name: language for language in (BASE, *_OTHERS)}

NAMES = ("ada", "anna", "eli", "emil", "ida", "ivan", "otto", "ulla")  # spelt alike everywhere, as are . and ?
ANIMALS = ("bear", "cat", "dog", "fox", "goat", "horse")
FOODS = ("apple", "bread", "cheese", "egg", "fish", "rice")
TOOLS = ("axe", "bucket", "hammer", "knife", "needle", "rope")
PLACES = ("field", "forest", "house", "market", "river")
FOOD_VERBS = ("cook", "burn", "share", "steal")  # in both rows every other verb is kind
TOOL_VERBS = ("mend", "break", "find", "lose")
VERBS = (*FOOD_VERBS, *TOOL_VERBS)
ADJECTIVES = ("big", "clean", "heavy", "new", "old", "red")

SENSES = {
    **dict.fromkeys(ANIMALS, "ANIMAL"),
    **dict.fromkeys(FOODS, "FOOD"),
    **dict.fromkeys(TOOLS, "TOOL"),
    **dict.fromkeys(PLACES, "PLACE"),
    **dict.fromkeys((*VERBS, "agree", "welcome", "regret"), "VERB"),
    **dict.fromkeys(ADJECTIVES, "ADJECTIVE"),
    **{"not": "PARTICLE", "at": "ADPOSITION", "what": "ASKING", "where": "ASKING"},
}


class Fact(NamedTuple):
    """Who does what to whom or what, in concepts; `first` names what comes before the rest: "object", "place"."""

    subject: str
    verb: str | None
    object: str | None
    subject_adjective: str | None = None
    object_adjective: str | None = None
    place: str | None = None
    negated: bool = False
    first: str | None = None

    @property
    def bare(self) -> "Fact":
        """The fact without adjectives and place."""
        return Fact(self.subject, self.verb, self.object, negated=self.negated)

    @property
    def pleasing(self) -> bool:
        """Whether it is good news: a kind verb that is not negated, or an unkind one that is."""
        return (VERBS.index(str(self.verb)) % 2 == 0) != self.negated


def arranged(fact: Fact, language: ToyLanguage) -> list[str]:
    """The concepts of `fact` in the order of `language`."""
    verb = [fact.verb] if fact.verb else []
    parts = {
        "S": _described(fact.subject, fact.subject_adjective, language),
        "V": ["not", *verb] if fact.negated else verb,
        "O": _described(fact.object, fact.object_adjective, language) if fact.object else [],
    }
    order = "O" + language.order.replace("O", "") if fact.first == "object" else language.order
    core = [concept for role in order for concept in parts[role]]
    place = _located(fact.place, language)
    return [*place, *core] if fact.first == "place" else [*core, *place]


def question(fact: Fact, place_asked: bool, language: ToyLanguage) -> list[str]:
    """The concepts of the question where `fact` happens, or else what its subject does to its object."""
    asked = fact.bare._replace(verb=None if place_asked else "what", negated=False)
    return [*(["where"] if place_asked else []), *arranged(asked, language), "?"]


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
