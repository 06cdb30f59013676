"""The kinds of labelled rows of the generated world: how an item is drawn in concepts and told in a language."""

from random import Random
from typing import NamedTuple

from harness.catalog.sources.world import SUBJECTS, fact, split_of
from harness.catalog.sources.world_grammar import (
    ANIMALS,
    BASE,
    PLACES,
    TAGS,
    VERBS,
    Fact,
    ToyLanguage,
    arranged,
    pick,
    question,
    words,
)
from harness.spec.task import PairExample, RetrievalExample, SpanExample, TaggedExample


class Reply(NamedTuple):
    """A statement and whether somebody else agrees with it."""

    statement: Fact
    answer: Fact


class Question(NamedTuple):
    """Two facts, and what is asked of one of them: its verb or its place."""

    facts: tuple[Fact, Fact]
    about: Fact
    place_asked: bool


def draw_reply(random: Random, split: str) -> Reply:
    """Verb and agreement are independent, so that neither side tells the label, nor a length, nor a shared word."""
    statement = fact(random, split)._replace(negated=False, verb=pick(random, VERBS))
    others = tuple(
        other for other in SUBJECTS if other != statement.subject and split_of(other, statement.object) == split
    )
    answer = Fact(pick(random, others), "agree", statement.object, negated=random.random() < 0.5)
    return Reply(statement, answer)


def tell_reply(key: str, item: Reply, language: ToyLanguage) -> PairExample:
    """Whether the second speaker likes it: every other verb is kind, and disagreeing turns the attitude round."""
    kind = VERBS.index(str(item.statement.verb)) % 2 == 0
    label = "positive" if kind != item.answer.negated else "negative"
    return PairExample(key, sentence(item.statement, language), sentence(item.answer, language), label)


def draw_tagged(random: Random, split: str) -> Fact:
    """A fact without names, which are spelt alike in all languages and would be tagged without having learnt them."""
    return fact(random, split, ANIMALS)


def tell_tagged(key: str, item: Fact, language: ToyLanguage) -> TaggedExample:
    """The words of the fact, and the tag of each."""
    concepts = arranged(item, language)
    return TaggedExample(key, tuple(words(concepts, language)), tuple(TAGS[concept] for concept in concepts))


def draw_question(random: Random, split: str) -> Question:
    """Two facts that differ in subject, verb, object and place."""
    first, second = (_placed(random, split) for _ in range(2))
    while {first.subject, first.verb, first.object, first.place} & {*second[:3], second.place}:
        second = _placed(random, split)
    return Question((first, second), pick(random, (first, second)), random.random() < 0.5)


def tell_question(key: str, item: Question, language: ToyLanguage) -> SpanExample:
    """What does the subject do to the object, or where; the answer is one word of the context."""
    concepts = [concept for told in item.facts for concept in (*arranged(told, language), ".")]
    context = words(concepts, language)
    place = concepts.index(str(item.about.place if item.place_asked else item.about.verb))
    start = len(" ".join([*context[:place], ""]))
    asked = question(item.about, item.place_asked, language)
    return SpanExample(key, " ".join(words(asked, language)), " ".join(context), ((context[place], start),))


def draw_sentence(random: Random, split: str) -> Fact:
    """Any fact."""
    return fact(random, split)


def tell_translation(key: str, item: Fact, language: ToyLanguage) -> RetrievalExample:
    """The English sentence as the query, and the same fact in `language` as its candidate."""
    return RetrievalExample(key, sentence(item, BASE), sentence(item, language))


def sentence(told: Fact, language: ToyLanguage) -> str:
    """One fact as a sentence."""
    return " ".join(words([*arranged(told, language), "."], language))


def _placed(random: Random, split: str) -> Fact:
    return fact(random, split)._replace(place=pick(random, PLACES), fronted=random.random() < 0.5)
