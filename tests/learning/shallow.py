"""Shallow baselines: what can be guessed without understanding, from English training rows, by a linear classifier."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from harness.catalog import find
from harness.catalog.data import dataset, rows
from harness.spec.example import ChoiceExample, Example, PairExample, RetrievalExample, SpanExample, TaggedExample

Features = Mapping[str, Any]
Labelled = tuple[Features, str]
Cue = Callable[[Sequence[Any]], Iterator[Labelled]]
Baseline = Callable[[Sequence[Any], Sequence[Any]], float]  # training rows, test rows -> accuracy in percent


def read(task: str, split: str, language: str) -> list[Example]:
    """The rows of one language."""
    return [example for _, example in rows(dataset(task, split, (language,)), None)]


def guesses(train: Sequence[Example], test: Sequence[Example]) -> dict[str, float]:
    """Accuracy in percent, on `test`, of the majority and of each cue learnt on `train`, by the cue's name."""
    return {name: baseline(train, test) for name, baseline in BASELINES[type(test[0])].items()}


def strongest(task: str, language: str) -> float:
    """The best shallow score on the test rows of `language`, learnt on the task's English training rows."""
    test = read(task, find.task(task).evaluate_on, language)
    train = [example for own in find.task(task).train for example in read(own, "train", "en")]
    return max(guesses(train, test).values())


def _learnt(cue: Cue) -> Baseline:
    """A logistic regression on the features that `cue` sees."""

    def accuracy(train: Sequence[Any], test: Sequence[Any]) -> float:
        model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=200))
        model.fit(*zip(*cue(train), strict=True))
        features, labels = zip(*cue(test), strict=True)
        return float(100 * model.score(features, labels))

    return accuracy


def _bag(text: str) -> Features:
    return dict.fromkeys(text.split(), 1)


def _length(text: str) -> str:
    return f"{len(text.split())} words"


def _shared(one: str, other: str) -> int:
    return len({*one.split()} & {*other.split()})


def _of_rows(cue: Callable[[Any], Features]) -> Baseline:
    return _learnt(lambda examples: ((cue(example), str(example.label)) for example in examples))


def _of_words(cue: Callable[[int, int], Features]) -> Baseline:
    def words(examples: Sequence[TaggedExample]) -> Iterator[Labelled]:
        for example in examples:
            for index, tag in enumerate(example.tags or ()):
                yield cue(index, len(example.words)), tag

    return _learnt(words)


def _of_facts(cue: Callable[[list[str]], Features]) -> Baseline:
    """Which of the two facts of a context is asked about."""

    def facts(examples: Sequence[SpanExample]) -> Iterator[Labelled]:
        for example in examples:
            first = example.context.index(" . ")
            yield cue(example.context.split(" . ")), "first" if example.answers[0][1] < first else "second"

    return _learnt(facts)


def _most_shared(train: Sequence[RetrievalExample], test: Sequence[RetrievalExample]) -> float:
    """The candidate that shares most words (names and signs) with the query; of several the first."""
    found = (max(test, key=lambda other: _shared(example.query, other.candidate)) for example in test)
    return 100 * sum(best.id == example.id for best, example in zip(found, test, strict=True)) / len(test)


def _choice_overlaps(example: ChoiceExample) -> Features:
    told = f"{example.context} {example.question}"
    return {f"{number} shares": _shared(told, choice) for number, choice in enumerate(example.choices)}


BASELINES: Mapping[type, Mapping[str, Baseline]] = {
    PairExample: {
        "majority": _of_rows(lambda row: {"": 1}),
        "lengths": _of_rows(lambda row: {"first " + _length(row.first): 1, "second " + _length(row.second): 1}),
        "overlap": _of_rows(lambda row: {f"{_shared(row.first, row.second)} shared": 1}),
        "first side": _of_rows(lambda row: _bag(row.first)),
        "second side": _of_rows(lambda row: _bag(row.second)),
    },
    ChoiceExample: {
        "majority": _of_rows(lambda row: {"": 1}),
        "lengths": _of_rows(lambda row: {_length(row.context): 1, "asked " + _length(row.question): 1}),
        "overlap": _of_rows(_choice_overlaps),
        "context": _of_rows(lambda row: _bag(row.context)),
        "question": _of_rows(lambda row: _bag(row.question)),
        "choices": _of_rows(lambda row: {f"{n} {choice}": 1 for n, choice in enumerate(row.choices)}),
    },
    TaggedExample: {
        "majority": _of_words(lambda index, length: {"": 1}),
        "position": _of_words(lambda index, length: {f"at {index}": 1, f"at {index} of {length}": 1}),
    },
    SpanExample: {
        "majority": _of_facts(lambda facts: {"": 1}),
        "lengths": _of_facts(lambda facts: {f"{n} {_length(fact)}": 1 for n, fact in enumerate(facts)}),
        "context": _of_facts(lambda facts: {f"{n} {w}": 1 for n, f in enumerate(facts) for w in f.split()}),
    },
    RetrievalExample: {"overlap": _most_shared},
}
