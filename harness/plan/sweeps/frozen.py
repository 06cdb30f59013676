"""An analysis as it is fixed before the first phase: what it consists of, its digest, and the file that keeps it."""

import hashlib
import json
from typing import Any

from pydantic import NonNegativeInt

from harness.plan.sweeps.model_specs import name_of
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.targets import targets_of
from harness.spec.load import dump
from harness.spec.value import value


@value
class Version:
    """One analysis as it was fixed: its digest and content, when (ISO 8601), and what of the study was done by then.

    `phases_done` of `phases` were finished, of which `evaluations_done` could tell a result.
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
    """Everything that defines the test: the `analysis` block, the split, and the axes of the sweep.

    What `--power` assumes is no part of it. Of a split by file its content counts, not its name.
    """
    sweep = study.sweep
    analysis, split = dump(sweep.analysis), dump(sweep.split)
    del analysis["power"]
    if study.split_file:
        split["file"] = study.split_file.digest
    unit, amounts = sweep.axis
    found = {
        "analysis": analysis,
        "split": split,
        "models": [name_of(model) for model in sweep.models],
        "chains": list(sweep.chains),
        "controls": list(sweep.controls),
        unit: list(amounts),
        "batch_size": list(sweep.batch_size),
        "learning_rate": dump(sweep.learning_rate),
        "seeds": dump(sweep.seeds),
        "targets": [dump(target) for target in targets_of(sweep)],
    }
    return _without_gaps(found)  # type: ignore[no-any-return]


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of `content` as canonical JSON: sorted keys, no spaces, ASCII alone."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _without_gaps(given: Any) -> Any:
    """Without what is None, so that a new optional setting changes no digest."""
    if isinstance(given, dict):
        return {name: _without_gaps(own) for name, own in given.items() if own is not None}
    return [_without_gaps(each) for each in given] if isinstance(given, list) else given
