"""Tasks and their data: what examples look like, where rows come from, and which rows a phase reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import PositiveInt

from harness.spec.value import value

Format = Literal["pair", "choice", "tagging", "span", "retrieval", "mlm"]


class PairExample(NamedTuple):
    """Two texts and the label of their relation; `label` is None where gold is hidden."""

    id: str
    first: str
    second: str
    label: str | None

    @property
    def labelled(self) -> bool:
        """Whether gold is shown."""
        return self.label is not None


class ChoiceExample(NamedTuple):
    """A context, a question on it (may be empty) and choices; `label` is the right one's index, None if hidden."""

    id: str
    context: str
    question: str
    choices: tuple[str, ...]
    label: int | None

    @property
    def labelled(self) -> bool:
        """Whether gold is shown."""
        return self.label is not None


class TaggedExample(NamedTuple):
    """The words of a sentence and one tag a word; `tags` is None where gold is hidden."""

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None

    @property
    def labelled(self) -> bool:
        """Whether gold is shown."""
        return self.tags is not None


class SpanExample(NamedTuple):
    """A question, its context, and answers as (text, first character in the context).

    No answers means unanswerable; an answer ("", 0) means that gold is hidden.
    """

    id: str
    question: str
    context: str
    answers: tuple[tuple[str, int], ...]

    @property
    def labelled(self) -> bool:
        """Whether gold is shown; no answer at all is gold too."""
        return self.answers != (("", 0),)


class RetrievalExample(NamedTuple):
    """A query and the one candidate that translates it; the pool is the candidates of all rows of a language."""

    id: str
    query: str
    candidate: str

    @property
    def labelled(self) -> bool:
        """Whether gold is shown: it needs none."""
        return True


class TextExample(NamedTuple):
    """Running text without labels; with its `translation`, one is predicted with the help of the other."""

    id: str
    text: str
    translation: str | None = None

    @property
    def labelled(self) -> bool:
        """Whether gold is shown: it needs none."""
        return True


Example = PairExample | ChoiceExample | TaggedExample | SpanExample | RetrievalExample | TextExample
Prediction = Any  # plain JSON: label | index of a choice | tags | answer text | [[candidate id, similarity], ...]


class Source(Protocol):
    """Where the rows of a task come from; `root` is the data folder, None where no folder was given."""

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """Languages whose rows are at hand, sorted."""

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the content behind the rows, or None where they are not at hand."""

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """The examples in their published order; raises HarnessError for a missing or malformed file."""


@dataclass(frozen=True)
class Metric:
    """A pure function from gold examples and predictions (by example id) to named scores in percent.

    `score` returns at least the key "score", the headline; `chance` gives the headline of the best
    prediction that ignores the input. `version` is raised when a fix changes scores.
    """

    name: str
    version: int
    score: Callable[[Sequence[Any], Mapping[str, Prediction], str], dict[str, float]]
    chance: Callable[[Sequence[Any], str], float]


@dataclass(frozen=True)
class Task:
    """A catalogue entry: data, format, languages, metric and the English tasks that train it, in order.

    `corpus` names the data behind several tasks, such as SQuAD, so that a target trained on an intermediate
    task's data can be flagged; without one, a task is its own. `gloss` takes a language and a text of this task and
    gives an English word for each of its words, in their order; it is there for people to read and changes no number.
    """

    name: str
    version: int
    format: Format
    source: Source
    languages: tuple[str, ...]
    labels: tuple[str, ...] = ()
    metric: Metric | None = None
    train: tuple[str, ...] = ()
    evaluate_on: str = "test"
    train_sizes: Mapping[str, int] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    corpus: str | None = None
    gloss: Callable[[str, str], str] | None = None


@value
class Part:
    """The rows of one language; `digest` is None while the data are not at hand."""

    language: str
    digest: str | None = None


@value
class Data:
    """Rows of one split of a task, by content: everything about data that can change a number.

    `held_out` lists the keys of the rows removed because they are evaluated in the same study.
    `text` is used by the format mlm alone: the sets whose unlabelled text is read.
    `limit` keeps the first rows of each language only.
    """

    task: str
    version: int
    format: Format
    split: str
    parts: tuple[Part, ...] = ()
    labels: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    limit: PositiveInt | None = None
    shuffled_labels: bool | None = None
    text: tuple["Data", ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the parts, in their order."""
        return tuple(part.language for part in self.parts)

    @property
    def at_hand(self) -> bool:
        """Whether the content of every part is known."""
        found = all(part.digest for part in self.parts) and all(data.at_hand for data in self.text)
        return bool(self.parts or self.text) and found
