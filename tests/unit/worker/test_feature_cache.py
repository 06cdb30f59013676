"""The feature cache: built once by any number of processes, the same for all of them, and never read when torn."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.spec import identity
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample
from harness.spec.recipe import Window
from harness.spec.task import Data, Part
from harness.worker import encoding, feature_cache
from harness.worker.feature_cache import FeatureCache, Manifest, content_key
from harness.worker.format import NOWHERE, Feature
from harness.worker.manner import DECODER_HERE, ENCODER_HERE, Manner
from harness.worker.session import Session
from tests.unit.worker.test_features import plain
from tests.unit.worker.threads import on_processes

WINDOW = Window()
DATA = Data("pairs", 1, "pair", "train", (Part("en", "a" * 64), Part("de", "b" * 64)), ("x", "y"))
ROWS = [
    ("en" if number < 15 else "de", PairExample(str(number), "a" * (number % 7), "b", None if number > 20 else "x"))
    for number in range(23)
]


def encode(examples: Sequence[PairExample]) -> list[Feature]:
    """Two features a row, the second ones last, as no format may count on staying together."""
    return [
        Feature(index, np.arange(3 + len(example.first) + side), NOWHERE, NOWHERE, np.array([side, int(example.id)]))
        for side in (0, 1)
        for index, example in enumerate(examples)
    ]


def nothing(examples: Sequence[PairExample]) -> list[Feature]:
    raise AssertionError("was encoded again")


def launch(folder: Path, processes: int, work: Callable[[FeatureCache], Any], told: list[Any] | None = None) -> Any:
    """What the `processes` of one launch answer, in their order."""

    def tell(event: str, **fields: Any) -> None:
        if told is not None:
            told.append((event, fields))

    def one(session: Session) -> Any:
        return work(FeatureCache(folder, session, tell if session.first else lambda event, **fields: None))

    return on_processes(processes, one)


def ask(making: Callable[..., list[Feature]], key: str = "k") -> Callable[[FeatureCache], tuple[Manifest, list[Any]]]:
    """Take the set from the cache, or build it."""

    def work(cache: FeatureCache) -> tuple[Manifest, list[Any]]:
        manifest = cache.stored(key) or cache.build(key, DATA, ROWS, making)
        return manifest, [plain(feature) for feature in cache.features(key, manifest)]

    return work


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 4)
    monkeypatch.setattr(feature_cache, "CHUNK", 4)


@pytest.mark.parametrize("processes", [1, 2, 3, 30])
def test_features_do_not_depend_on_the_number_of_processes(tmp_path: Path, processes: int) -> None:
    answers = launch(tmp_path, processes, ask(encode))
    whole = sorted((plain(feature) for feature in encode([row for _, row in ROWS])), key=lambda row: row[0])
    assert all(features == whole for _, features in answers)
    manifest = answers[0][0]
    assert manifest.languages == (("en", 15), ("de", 8))
    assert manifest.hidden == "21"
    assert sum(shard.features for shard in manifest.shards) == 46
    assert manifest.shards[0].name == f"features-00000-of-{processes:05d}.arrow"


def test_what_is_stored_is_not_encoded_again_by_any_number_of_processes(tmp_path: Path) -> None:
    first = launch(tmp_path, 2, ask(encode))[0]
    assert launch(tmp_path, 3, ask(nothing)) == [first] * 3


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


LAST = "features-00001-of-00002.arrow"


@pytest.mark.parametrize(
    ("harm", "name"),
    [(_cut, "manifest.json"), (_cut, LAST), (_flip, LAST), (Path.unlink, "manifest.json"), (Path.unlink, LAST)],
)
def test_a_torn_cache_is_built_again_and_never_read(tmp_path: Path, harm: Callable[[Path], None], name: str) -> None:
    first = launch(tmp_path, 2, ask(encode))[0]
    harm(tmp_path / "k" / name)
    assert launch(tmp_path, 2, ask(encode)) == [first] * 2
    assert launch(tmp_path, 1, ask(nothing)) == [first]
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_what_a_killed_launch_left_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".k-12345678").mkdir()
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "features-00000-of-00001.arrow").write_bytes(b"ARROW1")
    assert len(launch(tmp_path, 1, ask(encode))[0][1]) == 46


def test_of_two_launches_that_build_the_same_each_reads_one_whole(tmp_path: Path) -> None:
    """The second comes to its end while the first one's features are mapped."""

    def both(cache: FeatureCache) -> tuple[list[Any], list[Any]]:
        manifest = cache.build("k", DATA, ROWS, encode)
        mapped = cache.features("k", manifest)
        again = cache.build("k", DATA, ROWS, encode)
        return [plain(each) for each in mapped], [plain(each) for each in cache.features("k", again)]

    ((first, second),) = launch(tmp_path, 1, both)
    assert first == second
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_what_one_process_cannot_encode_is_told_by_all_and_leaves_nothing(tmp_path: Path) -> None:
    def refusing(examples: Sequence[PairExample]) -> list[Feature]:
        if any(example.id == "22" for example in examples):
            raise HarnessError("example '22': its label is 9")
        return encode(examples)

    def told(cache: FeatureCache) -> str:
        with pytest.raises(HarnessError) as caught:
            cache.build("k", DATA, ROWS, refusing)
        return str(caught.value)

    assert launch(tmp_path, 3, told) == ["example '22': its label is 9"] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_in_the_systems_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feature_cache, "_write", full)
    with pytest.raises(HarnessError, match=r"features-00000-of-00001\.arrow: could not be written \(No space left on"):
        launch(tmp_path, 1, ask(encode))


def test_progress_is_told_in_rows_of_the_first_share(tmp_path: Path) -> None:
    told: list[Any] = []
    launch(tmp_path, 2, ask(encode), told)
    assert {event for event, _ in told} == {"progress"}
    assert [(fields["done"], fields["total"]) for _, fields in told] == [(4, 11), (8, 11), (11, 11)]
    assert told[0][1] | {"done": 0, "total": 0} == {"what": "encoding pairs", "done": 0, "total": 0, "unit": "rows"}


def key(data: Data = DATA, tokenizer: str = "t", manner: Manner = ENCODER_HERE, window: Window = WINDOW) -> str:
    """The key of the test's set, read so."""
    return content_key(data, tokenizer, manner, window)


OTHERS = {
    "content": lambda: key(replace(DATA, parts=(Part("en", "c" * 64), DATA.parts[1]))),
    "version": lambda: key(replace(DATA, version=2)),
    "labels": lambda: key(replace(DATA, labels=("y", "x"))),
    "held out": lambda: key(replace(DATA, held_out=("0123456789ab",))),
    "limit": lambda: key(replace(DATA, limit=5)),
    "tokenizer": lambda: key(tokenizer="u"),
    "template": lambda: key(manner=Manner(DECODER_HERE.template)),
    "direction": lambda: key(manner=ENCODER_HERE._replace(decoder=True)),
    "window": lambda: key(window=Window(64)),
}


@pytest.mark.parametrize("change", OTHERS)
def test_a_key_is_another_one_when_features_may_be(change: str) -> None:
    assert OTHERS[change]() != key() == key(replace(DATA))


def test_raised_versions_make_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_key = key()
    monkeypatch.setitem(identity.NUMERICS, "pair", 99)
    raised = key()
    monkeypatch.setattr(feature_cache, "FEATURES", 99)
    assert len({plain_key, raised, key()}) == 3
