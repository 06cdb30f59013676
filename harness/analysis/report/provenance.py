"""Where the numbers come from: the environments of the phases, the data, and the sweep itself."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from harness.analysis.answer import Answer
from harness.analysis.report.content import Aside, Block, Lines, Tabled
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing
from harness.catalog import find
from harness.spec.load import dump
from harness.spec.phase import lineage
from harness.spec.task import Data

DIGITS = 12  # of a digest that are shown


def provenance_blocks(answer: Answer) -> Iterator[Block]:
    """Versions, commits, hardware and data by content, then the sweep."""
    plain = _said(dump(answer.study.sweep))
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    told = tuple((name, " | ".join(values)) for name, values in sorted(environments(answer).items()))
    yield Tabled(
        Table(
            "Environments of the phases, all values that occur",
            ("what", "value"),
            ((*told, ("sweep (SHA-256 of its content)", digest)),),
            names=2,
        ),
        "environments",
        whole=True,
    )
    yield Tabled(_data_table(answer), "data", whole=True)
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    yield Aside("The sweep, with what is not said left out", (Lines(text.rstrip()),))


def environments(answer: Answer) -> dict[str, list[str]]:
    """Each thing that the environments of the phases say, with all of its values, and those that are missing."""
    found: dict[str, list[str]] = {}
    for environment in answer.environments:
        if isinstance(environment, Missing):
            found.setdefault("missing", []).append(environment.reason)
            continue
        for name, text in _flat({name: value for name, value in environment.items() if name != "ds_config"}):
            values = found.setdefault(name, [])
            values += [text] if text not in values else []
    return found


def _flat(environment: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, content in environment.items():
        if isinstance(content, Mapping):
            yield from _flat(content, f"{prefix}{name}.")
        else:
            yield prefix + name, str(content)


def _data_table(answer: Answer) -> Table:
    """One row per set of rows that anything is trained or evaluated on."""
    sets: dict[Data, dict[str, None]] = {}
    for leaf in answer.study.leaves:
        sets.setdefault(leaf.data, {})["evaluation"] = None
        for phase in lineage(leaf):
            for data in phase.data:
                sets.setdefault(data, {})[phase.role] = None
    rows: dict[Row, None] = dict.fromkeys(_data_row(data, used) for data, used in sets.items())
    return Table(
        title="Data: what is read for what, and its content",
        columns=("task", "split", "used for", "languages", "revision", "content"),
        sections=(tuple(rows),),
        names=6,
        notes=(
            f"content: the first {DIGITS} digits of the SHA-256 of its rows, or of all languages' digests together",
        ),
    )


def _data_row(data: Data, used: Mapping[str, None]) -> Row:
    task = find.task(data.task)
    revisions = dict.fromkeys(
        f"{remote.hub.repo}@{remote.hub.revision[:DIGITS]}"
        for language in data.languages
        for remote in task.source.remotes(data.split, language)
    )
    limit = f", first {data.limit}" if data.limit else ""
    return (
        data.name,
        data.split + limit,
        ", ".join(used),
        ", ".join(data.languages),
        ", ".join(revisions) or "of no hub",
        _content(data),
    )


def _content(data: Data) -> str:
    digests = [part.digest for part in data.parts]
    if not digests or None in digests:
        return "not at hand"
    if len(digests) == 1:
        return str(digests[0])[:DIGITS]
    return hashlib.sha256(" ".join(map(str, digests)).encode()).hexdigest()[:DIGITS]


def _said(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    kept = {name: _said(value) if isinstance(value, Mapping) else value for name, value in plain.items()}
    return {name: value for name, value in kept.items() if value not in (None, (), [], {})}
