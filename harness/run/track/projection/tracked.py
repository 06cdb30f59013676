"""One MLflow run as content: what the projection makes of the files, and writes only where it differs."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

LONGEST_PARAM = 500  # characters; longer ones go into an artifact, since servers differ in what they take
LONGEST_TAG = 5000

Measured = tuple[str, float, int, int]  # name, value, milliseconds since the epoch, step
Artifact = bytes | Callable[[], bytes]  # the latter follows from the rest of the run, and is made when it is written


@dataclass(frozen=True)
class Input:
    """A data set that a run read; `digest` of its content, `source` and `profile` as JSON."""

    name: str
    digest: str
    context: str
    source_type: str
    source: str
    profile: str


@dataclass(frozen=True)
class TrackedRun:
    """One MLflow run as content; `started` and `ended` in milliseconds since the epoch.

    One that `grows` has, while its status is RUNNING, later versions with more metrics behind those that it has, and
    other artifacts: these are the same run, grown.
    """

    key: str
    name: str
    status: str
    started: int
    ended: int
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Measured, ...] = ()
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    grows: bool = False

    @cached_property
    def digest(self) -> str:
        """Of everything in it: the same content, the same digest, on every host."""
        return _hash([self._fixed, self.metrics, self.status, self.ended, self.artifacts_digest])

    @cached_property
    def artifacts_digest(self) -> str:
        """Of the names and bytes of its artifacts; of those that follow from others, the names."""
        given = self.artifacts.items()
        return _hash({name: hashlib.sha256(it).hexdigest() if isinstance(it, bytes) else "" for name, it in given})

    def begun(self, metrics: int) -> str:
        """Of what does not change while it grows and of its first so many metrics, whose number it begins with."""
        return f"{metrics} {_hash([self._fixed, self.metrics[:metrics]])}"

    @cached_property
    def _fixed(self) -> list[Any]:
        inputs = [asdict(each) for each in self.inputs]
        return [self.key, self.name, self.started, dict(self.tags), dict(self.params), inputs]


def texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Params: numbers as they are written, anything nested as JSON; None is left out."""
    return {name: _text(content) for name, content in given.items() if content is not None}


def by_length(given: Mapping[str, str], longest: int = LONGEST_PARAM) -> tuple[dict[str, str], dict[str, Artifact]]:
    """Those that MLflow takes, and those too long for it as artifacts."""
    short = {name: text for name, text in given.items() if len(text) <= longest}
    return short, {f"params/{name}.txt": text.encode() for name, text in given.items() if name not in short}


def milliseconds(seconds: float) -> int:
    """MLflow's unit of time."""
    return round(seconds * 1000)


def _text(content: Any) -> str:
    if isinstance(content, float) and content.is_integer() and abs(content) < 1e15:
        return str(int(content))  # 2 epochs, not 2.0
    return str(content) if isinstance(content, (str, int, float)) else json.dumps(content)


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
