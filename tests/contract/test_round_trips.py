"""Gold survives the worker: encoded, turned into what a perfect model answers, and decoded, it is the gold again.

On every file below ../shared/data that the catalogue knows, the samples of a few rows included, and on the toy world.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import find
from harness.catalog.data import texts
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, Example, PairExample, SpanExample, TaggedExample
from harness.spec.model import TrainTokenizer
from harness.spec.task import Data, Source, Task
from harness.worker import tokenizer
from harness.worker.coder import Coder
from harness.worker.encoding import chunks
from harness.worker.features import Features, packed
from harness.worker.format import Feature, Reading
from harness.worker.format import find as find_format
from harness.worker.formats.span import Answer
from tests.golden.fingerprints import window_of

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data"
SAMPLES = FOLDER / "format_samples"
ROOTS = [root for root in (None, FOLDER, SAMPLES) if root is None or root.is_dir()]
MOST = 60  # rows of a file that are tried
LEARNT = 8  # rows of a file that the tokenizer learns from
MADE_WRONG = ("squad", "lareqa")  # tasks that read the sample of SQuAD v1.1, whose offsets do not match its text

Place = tuple[Path | None, str]


def _source(task: Task) -> Source:
    """The source without its published counts: parts of files and samples are read, too."""
    layouts = getattr(task.source, "layouts", None)
    if layouts is None:
        return task.source
    return replace(task.source, layouts=tuple(replace(layout, counts={}) for layout in layouts))  # type: ignore[type-var]


def _parts(place: Place) -> Iterator[tuple[str, str]]:
    """The splits and languages of a task that lie below a root."""
    root, name = place
    source = _source(find.task(name))
    for split in source.splits:
        for language in source.languages(root, split):
            yield split, language


def _rows(place: Place, split: str, language: str, most: int) -> list[Example]:
    """The first rows of a set: none of a language that the sample of a file of many languages lacks."""
    root, name = place
    try:
        return list(islice(_source(find.task(name)).rows(root, split, language), most))
    except HarnessError as error:
        if root == SAMPLES and "holds no rows of" in str(error):
            return []
        raise


def _generated(name: str) -> bool:
    return name.startswith("toy_")


PLACES = [
    (root, name)
    for root in ROOTS
    for name in find.task_names()
    if _generated(name) == (root is None)
    and not (root == SAMPLES and name in MADE_WRONG)
    and any(True for _ in _parts((root, name)))
]
ANSWERED = [place for place in PLACES if find.task(place[1]).format in ("pair", "choice", "tagging", "span")]


def _named(place: Place) -> str:
    return "-".join(part for part in (place[0] and place[0].name, place[1]) if part)


@pytest.fixture(scope="session")
def coder(tmp_path_factory: pytest.TempPathFactory) -> Coder:
    """Subwords learnt from some rows of every file, the same each time."""
    lines = (
        text for place in PLACES for part in _parts(place) for row in _rows(place, *part, LEARNT) for text in texts(row)
    )
    phase = TrainTokenizer("unigram", 6000, (Data("text", 1, "mlm", "train"),))
    return Coder.load(tokenizer.train(phase, lines, tmp_path_factory.mktemp("tokenizer")))


def perfect(feature: Feature, row: Example) -> Any:
    """What a model that is always right gives for a feature, as its format reduces outputs."""
    match row:
        case PairExample() | TaggedExample():
            return feature.targets.tolist()
        case ChoiceExample():
            return int(feature.targets[0])
        case SpanExample():
            start, end = feature.targets.tolist()
            return Answer(1.0 if start else -1e9, start, end, -1.0 if row.answers else 1.0)
    raise AssertionError("this format is answered by search")


def gold(row: Example, coder: Coder) -> Any:
    """What must be read back: of an answer all characters of the tokens that it lies in."""
    match row:
        case PairExample() | ChoiceExample():
            return row.label
        case TaggedExample():
            return list(row.tags or ())
        case SpanExample() if row.answers:
            text, at = row.answers[0]
            offsets = coder.pieces([row.context])[0].offsets
            own = [offset for offset in offsets if offset[0] < at + len(text) and offset[1] > at]
            return row.context[own[0][0] : own[-1][1]].strip()
    return ""


def read_back(place: Place, rows: list[Example], coder: Coder) -> list[Any]:
    """The rows' gold after encoding, a perfect model and decoding."""
    task, format_ = find.task(place[1]), find_format(find.task(place[1]).format)
    labels = task.labels or (task.read_labels(place[0]) if task.read_labels else ())
    reading = Reading(coder, window_of(task), labels, task.unanswerable)
    spoken = [("", row) for row in rows]
    made = chunks(spoken, range(len(rows)), lambda examples: format_.encode(examples, reading))
    stored = Features(map(packed, made))
    assert int(stored.lengths.max()) <= reading.window.max_length
    assert format_.decode is not None
    decoded = format_.decode([(each, perfect(each, rows[each.example])) for each in stored], rows, labels)
    return [decoded[index] for index in range(len(rows))]


@pytest.mark.parametrize("place", ANSWERED, ids=_named)
def test_gold_survives_encoding_and_decoding(place: Place, coder: Coder) -> None:
    read = 0
    for part in _parts(place):
        rows = [row for row in _rows(place, *part, MOST) if row.labelled]
        if rows:
            assert read_back(place, rows, coder) == [gold(row, coder) for row in rows], part
        read += len(rows)
    assert read > 0


def test_most_answers_are_read_back_to_the_letter(coder: Coder) -> None:
    """Tokens rarely reach beyond the answer that they lie in."""
    for place in (place for place in ANSWERED if find.task(place[1]).format == "span"):
        rows = [row for part in _parts(place) for row in _rows(place, *part, LEARNT) if row.labelled]
        spans = [row for row in rows if isinstance(row, SpanExample)]
        exact = sum(gold(row, coder) == (row.answers[0][0].strip() if row.answers else "") for row in spans)
        assert exact > 0.7 * len(spans), place


@pytest.mark.parametrize("place", [place for place in PLACES if place not in ANSWERED], ids=_named)
def test_what_is_searched_or_masked_is_encoded_row_by_row(place: Place, coder: Coder) -> None:
    task = find.task(place[1])
    for part in _parts(place):
        rows = [("", row) for row in _rows(place, *part, MOST)]
        reading = Reading(coder, window_of(task), ())
        (made,) = chunks(rows, range(len(rows)), lambda examples, reading=reading: _encode(task, examples, reading))
        assert {feature.example for feature in made} == set(range(len(rows)))
        assert all(2 <= feature.length <= reading.window.max_length for feature in made)


def _encode(task: Task, examples: Any, reading: Reading) -> list[Feature]:
    return find_format(task.format).encode(examples, reading)


def test_a_sample_with_wrong_offsets_is_refused(data_folder: Path) -> None:
    for split in ("train", "dev"):
        with pytest.raises(HarnessError, match="expected the answer 'This is a test text' at character"):
            _rows((data_folder / "format_samples", "squad"), split, "en", MOST)
