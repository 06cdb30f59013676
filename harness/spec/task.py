"""Tasks and their data: where rows come from, how they are scored, and which rows a phase reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import PositiveInt

from harness.spec.example import Example, Prediction
from harness.spec.paths import FileName
from harness.spec.value import value

Format = Literal["pair", "choice", "tagging", "span", "retrieval", "mlm", "clm"]


Score = Callable[[Sequence[Any], Mapping[str, Prediction], str], dict[str, float]]


@dataclass(frozen=True)
class Hub:
    """A data set of the hub at a pinned revision, 40 hexadecimal digits; `seen` says where that was read."""

    repo: str
    revision: str
    seen: str


@dataclass(frozen=True)
class Remote:
    """Files that the hub has; `paths` are relative to the repository and may hold `*`."""

    hub: Hub
    paths: tuple[str, ...]


class Behind(NamedTuple):
    """The files that rows are read from, none where they are generated, and how many rows reading them insists on."""

    files: tuple[Path, ...]
    counted: int | None = None


class Source(Protocol):
    """Where the rows of a task come from; `root` is the data folder, None where no folder was given."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that were published, sorted."""

    def published(self, split: str, language: str) -> int | None:
        """How many rows were published, None where that is not known."""

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        """Languages whose rows are at hand, sorted."""

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        """SHA-256 of the content behind the rows, or None where they are not at hand."""

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        """The examples in their published order; raises HarnessError for a missing or malformed file."""

    def behind(self, root: Path | None, split: str, language: str) -> Behind | None:
        """What the rows are read from; None where they are not at hand."""

    def remotes(self, split: str, language: str) -> tuple[Remote, ...]:
        """What can be fetched from the hub to have the rows; nothing where it has no such copy."""


@dataclass(frozen=True)
class Metric:
    """A pure function from gold examples and predictions (by example id) to named scores in percent.

    `score` returns at least the key "score", the headline; `chance` gives the headline of the best
    prediction that ignores the input. `version` is raised when a fix changes scores. A metric with a free parameter
    has `tune`, which fixes it on the gold and the predictions of the task's tuning split and returns a `score` to use;
    one with `reads_pool` is given the rows of the task's pool after those of the language. One that is `by_items` means
    the same on a part of the rows; mined pairs, which all rows compete for, do not.
    """

    name: str
    version: int
    score: Score
    chance: Callable[[Sequence[Any], str], float]
    tune: Callable[[Sequence[Any], Mapping[str, Prediction], str], Score] | None = None
    reads_pool: bool = False
    by_items: bool = True


@dataclass(frozen=True)
class Published:
    """Where a task was published, for people.

    `test_labels` says where the gold of the split it is evaluated on comes from, or that it is hidden; `memory` what
    of this entry was recollected and not read in a source.
    """

    source: str
    licence: str
    test_labels: str
    memory: str | None = None


@dataclass(frozen=True)
class Pool:
    """Candidates apart from the queries: a split of the task, in `languages`, or in those that are evaluated.

    They are kept out of all training, unless `held_out` is False: where training rows name candidates by design.
    """

    split: str
    languages: tuple[str, ...] | None = None
    held_out: bool = True


@dataclass(frozen=True)
class Task:
    """A catalogue entry: data, format, languages, metric and the English tasks that train it, in order.

    `read_labels` reads them from the training rows below a data folder, where no closed list of `labels` exists.
    `corpus` names the data behind several tasks, such as SQuAD, so that a target trained on an intermediate task's data
    can be flagged, several where a task joins them; without one, a task is its own. `gloss` takes a language and a text
    of this task and gives an English word for each of its words, in their order; it is there for people to read.
    `pool` holds the candidates of a retrieval task that all languages share; `tuned_on` is the split on which the free
    parameter of its metric is fixed. `unanswerable`: some of its questions have no answer. `search` is how a retrieval
    task compares vectors: by their cosine, or by the ratio margin, which finds pairs among rows without known partners.
    """

    name: str
    version: int
    format: Format
    source: Source
    languages: tuple[str, ...]
    labels: tuple[str, ...] = ()
    read_labels: Callable[[Path | None], tuple[str, ...]] | None = None
    metric: Metric | None = None
    train: tuple[str, ...] = ()
    evaluate_on: str = "test"
    train_sizes: Mapping[str, int] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    corpus: str | tuple[str, ...] | None = None
    gloss: Callable[[str, str], str] | None = None
    published: Published | None = None
    pool: Pool | None = None
    tuned_on: str | None = None
    unanswerable: bool = False
    search: Literal["cosine", "margin"] = "cosine"


@value
class Part:
    """The rows of one language; `digest` is None while the data are not at hand."""

    language: FileName
    digest: str | None = None


@value
class Data:
    """Rows of one split of a task, by content: everything about data that can change a number.

    `held_out` lists the keys of the rows removed because they are evaluated in the same study.
    `text` is used by the formats mlm and clm alone: the sets whose unlabelled text is read.
    `limit` keeps the first rows of each language only. `unanswerable`: a question may be answered with nothing.
    """

    task: FileName
    version: int
    format: Format
    split: str
    parts: tuple[Part, ...] = ()
    labels: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    limit: PositiveInt | None = None
    shuffled_labels: bool | None = None
    unanswerable: bool | None = None
    text: tuple["Data", ...] = ()

    @cached_property
    def name(self) -> str:
        """What a chain calls a training set: the task, and its language where that is not English."""
        foreign = [language for language in self.languages if language != "en"]
        return "@".join((self.task, *foreign))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of the parts, in their order."""
        return tuple(part.language for part in self.parts)

    @property
    def at_hand(self) -> bool:
        """Whether the content of every part is known."""
        found = all(part.digest for part in self.parts) and all(data.at_hand for data in self.text)
        return bool(self.parts or self.text) and found
