"""Examples: what one row of each format looks like, and whether its gold is shown."""

from typing import Any, NamedTuple


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
    """A query, a candidate, or a query together with the candidate that answers it.

    `id` names the row and the candidate in it. Of a query, `answers` are the ids of the right candidates, perhaps none,
    or None where gold is hidden; of a candidate by itself, those of the queries that it answers. `context` is text that
    a model reads after the candidate. The pool of a query is the candidates of its own language, or those of its task's
    `pool`.
    """

    id: str
    query: str | None
    candidate: str | None
    answers: tuple[str, ...] | None
    context: str | None = None

    @property
    def labelled(self) -> bool:
        """Whether gold is shown."""
        return self.answers is not None


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
