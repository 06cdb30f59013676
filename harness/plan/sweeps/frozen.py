"""An analysis as it is fixed before the first phase: what it consists of, its digest, and the file that keeps it."""

import hashlib
import json
from typing import Any

from pydantic import NonNegativeInt

from harness.plan.sweeps.study import Study
from harness.plan.sweeps.targets import targets_of
from harness.spec.load import dump
from harness.spec.value import value

APART = ("cluster", "strategy", "keep", "expected", "mlflow")  # of a sweep, what changes no number of it


@value
class Version:
    """One analysis as it was fixed: its digest and content, when (ISO 8601), and what of the study was done by then.

    `phases_done` of `phases` were finished, of which `evaluations_done`, those of points other than baselines, could
    tell a gain.
    """

    digest: str
    content: dict[str, Any]
    time: str
    phases_done: NonNegativeInt
    evaluations_done: NonNegativeInt
    phases: NonNegativeInt


@value
class Versions:
    """Every analysis that a sweep was run with, the first one first; none is ever removed."""

    sweep: str
    versions: tuple[Version, ...] = ()


def content_of(study: Study) -> dict[str, Any]:
    """Everything that defines the test: the `analysis` block, and what the sweep says of data, models and training.

    Where it runs is no part of it, nor what `--power` assumes. Of a split by file its content counts, not its name.
    """
    found = {name: own for name, own in dump(study.sweep).items() if name not in APART}
    del found["analysis"]["power"]
    if study.split_file:
        found["split"]["file"] = study.split_file.digest
    found["targets"] = [dump(target) for target in targets_of(study.sweep)]
    return _without_gaps(found)  # type: ignore[no-any-return]


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of `content` as canonical JSON: sorted keys, no spaces, ASCII alone."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _without_gaps(given: Any) -> Any:
    """Without what is not set, so that a new optional setting changes no digest."""
    if isinstance(given, dict):
        own = {name: _without_gaps(content) for name, content in given.items()}
        return {name: content for name, content in own.items() if content not in (None, [], {})}
    return [_without_gaps(each) for each in given] if isinstance(given, list) else given
