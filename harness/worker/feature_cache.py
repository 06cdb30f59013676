"""The feature cache of a run folder: sets that all processes of a launch encode together once, mapped ever after."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import tokenizers

from harness.catalog.memory import file_digest
from harness.files.atomic import digest, read_text, write_json
from harness.spec.errors import HarnessError
from harness.spec.identity import NUMERICS
from harness.spec.load import dump, from_json
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.spec.value import value
from harness.worker.encoding import CHUNK, Encode, Rows, chunks, hidden, runs
from harness.worker.features import SCHEMA, Features, packed
from harness.worker.format import Feature
from harness.worker.manner import Manner
from harness.worker.session import Session

FEATURES = 1  # raised when what is stored, or how, changes while no format's numerics do
MANIFEST = "manifest.json"


@value
class Shard:
    """One file of features by its name, bytes, content and rows."""

    name: str
    size: int
    sha256: str
    features: int


@value
class Manifest:
    """What is stored of a set: runs of rows as (language, rows), the first row with hidden gold, and the files."""

    task: str
    split: str
    languages: tuple[tuple[str, int], ...]
    hidden: str | None
    shards: tuple[Shard, ...]


@dataclass(frozen=True)
class FeatureCache:
    """The cache below `folder`, as one process of a launch uses it; every process must ask for the same sets."""

    folder: Path
    session: Session
    tell: Callable[..., None]

    def stored(self, key: str) -> Manifest | None:
        """What is kept under `key`; None where nothing is, or where a file is missing or is not what was written."""
        found: Manifest | None = self.session.agreed(self._sound(key) if self.session.first else None)
        return found

    def build(self, key: str, data: Data, rows: Rows, encode: Encode) -> Manifest:
        """Encode the `rows` of `data`, a share on each process, and keep them under `key`.

        Raises HarnessError on every process for what any of them could not encode or write.
        """
        session = self.session
        draft = Path(session.agreed(str(self._draft(key)) if session.first else None))
        parts = session.gathered([self._tried(draft, data, rows, encode)])
        problem = session.agreed(next((part for part in parts if isinstance(part, str)), None))
        if problem and session.first:
            shutil.rmtree(draft, ignore_errors=True)
        if problem:
            raise HarnessError(problem)
        if session.first:
            write_json(draft / MANIFEST, Manifest(data.task, data.split, runs(rows), hidden(rows), tuple(parts)))
            self._put(draft, key)
        kept = self.stored(key)
        if kept is None:
            raise HarnessError(f"{self.folder / key}: was removed or changed while it was written; run again")
        return kept

    def features(self, key: str, manifest: Manifest) -> Features:
        """The features of `manifest`, mapped into memory."""
        return Features(chain.from_iterable(_mapped(self.folder / key / shard.name) for shard in manifest.shards))

    def _sound(self, key: str) -> Manifest | None:
        try:
            found: Manifest = from_json(Manifest, read_text(self.folder / key / MANIFEST, "a manifest"), MANIFEST)
        except HarnessError:
            return None
        files = ((self.folder / key / shard.name, shard) for shard in found.shards)
        return found if all(_holds(file, shard) for file, shard in files) else None

    def _draft(self, key: str) -> Path:
        draft = self.folder / f".{key}-{uuid4().hex[:8]}"
        try:
            draft.mkdir(parents=True)
        except OSError as error:
            raise HarnessError(f"{draft}: could not be made ({error.strerror}); features are kept there") from error
        return draft

    def _tried(self, draft: Path, data: Data, rows: Rows, encode: Encode) -> Shard | str:
        """The share of one process, or the sentence of what stopped it, which all others must hear of."""
        own, all_ = self.session.rank, self.session.world_size
        file = draft / f"features-{own:05d}-of-{all_:05d}.arrow"
        begin, end = (len(rows) * share // all_ for share in (own, own + 1))
        told = self._telling(data.task, chunks(rows, range(begin, end), encode), end - begin)
        try:
            count = _write(file, told)
            return Shard(file.name, file.stat().st_size, digest(file), count)
        except OSError as error:
            return f"{file}: could not be written ({error.strerror}); nothing already there was lost"
        except HarnessError as error:
            return str(error)

    def _telling(self, task: str, made: Iterable[list[Feature]], total: int) -> Iterator[list[Feature]]:
        """Chunks as they come; the first process tells of its own share, which is as large as any."""
        for number, features in enumerate(made):
            yield features
            done = min(total, (number + 1) * CHUNK)
            self.tell("progress", what=f"encoding {task}", done=done, total=total, unit="rows")

    def _put(self, draft: Path, key: str) -> None:
        """Give `draft` its name; of two launches that build the same, the first wins, and a torn one gives way."""
        place = self.folder / key
        if place.exists() and self._sound(key) is None:
            aside = self.folder / f".{key}-{uuid4().hex[:8]}"
            with suppress(OSError):  # another launch was quicker
                place.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # another launch's is there: the same features
            draft.rename(place)
        shutil.rmtree(draft, ignore_errors=True)


def content_key(data: Data, tokenizer: str, manner: Manner, window: Window) -> str:
    """The name of a set's features: everything that they are a function of. `tokenizer` is a digest."""
    content = {
        "features": FEATURES,
        "numerics": NUMERICS[data.format],
        "tokenizer": tokenizer,
        "tokenizers": tokenizers.__version__,
        "manner": [*manner.template, manner.decoder],
        "window": dump(window),
        "data": dump(data),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _write(file: Path, made: Iterable[list[Feature]]) -> int:
    count = 0
    with file.open("wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        for features in made:
            writer.write_batch(packed(features))
            count += len(features)
    return count


def _holds(file: Path, shard: Shard) -> bool:
    try:
        return file.stat().st_size == shard.size and file_digest(file) == shard.sha256
    except (OSError, HarnessError):
        return False


def _mapped(file: Path) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_file(pa.memory_map(str(file)))
    return (reader.get_batch(index) for index in range(reader.num_record_batches))
