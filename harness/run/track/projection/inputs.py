"""Data sets as MLflow's inputs: their content by digest, where they are from, and how many rows were published."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from harness.catalog import find
from harness.run.track.projection.tracked import Input
from harness.spec.load import dump
from harness.spec.task import Data, Hub

DIGEST_LENGTH = 32  # hexadecimal digits; MLflow takes 36


def inputs(sets: Iterable[Data], context: str) -> tuple[Input, ...]:
    """The data `sets`, read for `context` (training, evaluation); of text without labels each set that it is from."""
    plain = [each for data in sets for each in (data.text or (data,))]
    return tuple(_input(data, context) for data in dict.fromkeys(plain))


@cache
def _input(data: Data, context: str) -> Input:
    """The digest is of the rows that were read: task, split, limit, and the digests of the files behind them."""
    digest = hashlib.sha256(json.dumps(dump(data), sort_keys=True).encode()).hexdigest()
    hubs = list(dict.fromkeys(hub for language in data.languages for hub in _hubs(data, language)))
    source: dict[str, Any] = {"task": data.task, "version": data.version}
    if hubs:
        source = {"path": hubs[0].repo, "revision": hubs[0].revision}
        source |= {"others": [f"{hub.repo}@{hub.revision}" for hub in hubs[1:]]} if hubs[1:] else {}
    return Input(
        name=data.name if len(data.parts) == 1 else data.task,
        digest=digest[:DIGEST_LENGTH],
        context=context,
        source_type="hugging_face" if hubs else "harness_task",
        source=json.dumps(source),
        profile=json.dumps(_profile(data)),
    )


def _hubs(data: Data, language: str) -> Iterable[Hub]:
    return (remote.hub for remote in find.task(data.task).source.remotes(data.split, language))


def _profile(data: Data) -> dict[str, Any]:
    """Rows as published, at most the limit; None where that is not known. Those held out are still among them."""
    rows = {language: _rows(data, language) for language in data.languages}
    known = [count for count in rows.values() if count is not None]
    return {
        "num_rows": sum(known) if known and len(known) == len(rows) else None,
        "rows": rows,
        "split": data.split,
        "limit_per_language": data.limit,
        "rows_held_out": len(data.held_out),
        "content": {part.language: part.digest or "not at hand" for part in data.parts},
    }


def _rows(data: Data, language: str) -> int | None:
    published = find.task(data.task).source.published(data.split, language)
    return published if published is None or data.limit is None else min(published, data.limit)
