"""The kinds of labelled rows of the generated world: how an item is drawn in concepts and told in a language."""

from random import Random
from typing import NamedTuple

from harness.catalog.sources.world import SUBJECTS, fact, others, perhaps, split_of
from harness.catalog.sources.world_grammar import (
    ADJECTIVES,
    ANIMALS,
    BASE,
    FOOD_VERBS,
    FOODS,
    PLACES,
    SENSES,
    TOOLS,
    VERBS,
    Fact,
    ToyLanguage,
    arranged,
    pick,
    question,
)
from harness.catalog.sources.world_words import sentence, words
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, SpanExample, TaggedExample


class Reply(NamedTuple):
    """A statement, and what somebody else says about it."""

    statement: Fact
    answer: Fact


class Question(NamedTuple):
    """Two facts, and what is asked of one of them: its verb or its place."""

    facts: tuple[Fact, Fact]
    about: Fact
    place_asked: bool


class Errand(NamedTuple):
    """Somebody at a place, what they do there with something, and two things of which one is fit for it."""

    there: Fact
    asked: Fact
    things: tuple[str, str]


def draw_agreement(random: Random, split: str) -> Reply:
    """Verb and agreement are independent, so that neither side tells the label, nor a length, nor a shared word."""
    statement = fact(random, split)._replace(negated=False, verb=pick(random, VERBS))
    answer = Fact(pick(random, others(statement, split)), "agree", statement.object, negated=random.random() < 0.5)
    return Reply(statement, answer)


def tell_agreement(key: str, item: Reply, language: ToyLanguage) -> PairExample:
    """Whether the second speaker likes it: every other verb is kind, and disagreeing turns the attitude round."""
    label = "positive" if item.statement.pleasing != item.answer.negated else "negative"
    return PairExample(key, sentence(item.statement, language), sentence(item.answer, language), label)


def draw_inference(random: Random, split: str) -> Reply:
    """A statement, and an opinion on it that is drawn without looking at it."""
    statement = fact(random, split)._replace(verb=pick(random, VERBS), negated=random.random() < 0.5)
    opinion = pick(random, ("welcome", "regret"))
    return Reply(statement, Fact(pick(random, others(statement, split)), opinion, statement.object))


def tell_inference(key: str, item: Reply, language: ToyLanguage) -> PairExample:
    """Whether the opinion follows: good news are welcomed, bad ones regretted, as they are in all pretraining text."""
    follows = item.statement.pleasing == (item.answer.verb == "welcome")
    label = "entailment" if follows else "contradiction"
    return PairExample(key, sentence(item.statement, language), sentence(item.answer, language), label)


def draw_tagged(random: Random, split: str) -> Fact:
    """A fact without names, which are spelt alike in all languages and would be tagged without having learnt them."""
    return fact(random, split, ANIMALS)


def tell_tagged(key: str, item: Fact, language: ToyLanguage) -> TaggedExample:
    """The words of the fact, and the sense of each."""
    concepts = arranged(item, language)
    return TaggedExample(key, tuple(words(concepts, language)), tuple(SENSES[concept] for concept in concepts))


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


def draw_errand(random: Random, split: str) -> Errand:
    """A place, a food and a tool that all belong to `split` with their subject; the verb is for one or the other."""
    subject, place = pick(random, tuple((s, p) for s in SUBJECTS for p in PLACES if split_of(s, p) == split))
    food, tool = (pick(random, tuple(t for t in kind if split_of(subject, t) == split)) for kind in (FOODS, TOOLS))
    return Errand(
        Fact(subject, None, None, perhaps(random, ADJECTIVES), place=place, first=pick(random, ("place", None))),
        Fact(subject, pick(random, VERBS), "what", first=pick(random, ("object", None))),
        pick(random, ((food, tool), (tool, food))),
    )


def tell_errand(key: str, item: Errand, language: ToyLanguage) -> ChoiceExample:
    """Which of two things the verb is for: food is cooked and tools are mended, mostly, in all pretraining text.

    The context is there to be overlooked, as much of a HellaSwag context is.
    """
    fit = FOODS if item.asked.verb in FOOD_VERBS else TOOLS
    return ChoiceExample(
        key,
        context=sentence(item.there, language),
        question=" ".join(words([*arranged(item.asked, language), "?"], language)),
        choices=tuple(words(item.things, language)),
        label=0 if item.things[0] in fit else 1,
    )


def draw_sentence(random: Random, split: str) -> Fact:
    """A fact without names, by which a translation could be found without having learnt a word."""
    return fact(random, split, ANIMALS)


def tell_translation(key: str, item: Fact, language: ToyLanguage) -> RetrievalExample:
    """The English sentence as the query, and the same fact in `language` as its candidate."""
    return RetrievalExample(key, sentence(item, BASE), sentence(item, language), (key,))


def _placed(random: Random, split: str) -> Fact:
    first = "place" if random.random() < 0.5 else None
    return fact(random, split)._replace(place=pick(random, PLACES), first=first)
