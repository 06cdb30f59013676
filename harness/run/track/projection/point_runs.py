"""The points of a study as MLflow runs: the rows of its comparison view."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.analysis.answer import Answer
from harness.analysis.points import collapse
from harness.analysis.points.costs import distinct
from harness.analysis.points.methods import described
from harness.analysis.points.points import Point
from harness.analysis.values import Missing
from harness.plan.network.size import size
from harness.plan.sweeps.study import Coordinates
from harness.run.track.projection.columns import Columns, Paired, cells, columns, headlines, paired
from harness.run.track.projection.inputs import inputs
from harness.run.track.projection.score_tables import TABLES_TAG, score_tables
from harness.run.track.projection.tracked import (
    LONGEST_TAG,
    Artifact,
    TrackedRun,
    by_length,
    milliseconds,
    texts,
)
from harness.spec.load import dump
from harness.spec.phase import architecture, lineage


def point_runs(answer: Answer) -> Iterator[TrackedRun]:
    """A run per point that has scores: the rows of the study."""
    study = _Study(answer, paired(answer), columns(answer), _collapsed(answer))
    return (_point_run(point, study) for point in answer.points if point.measured)


@dataclass(frozen=True)
class _Study:
    """What the runs of all points need; `collapsed` by point, None where the study has no rule for that."""

    answer: Answer
    gained: Paired
    columns: Columns
    collapsed: Mapping[Coordinates, list[str]] | None


def _point_run(point: Point, study: _Study) -> TrackedRun:
    """What is missing is no metric, and named with its reason in the artifact `missing.txt`."""
    finished = milliseconds(datetime.fromisoformat(point.finished).timestamp()) if point.finished else 0
    params, long = by_length(_params(point, study.answer.study.sweep.axis[0]))
    tags, long_tags = by_length(_tags(point, study), LONGEST_TAG)
    values = headlines(point, study.answer, study.gained) | cells(point, study.columns)
    return TrackedRun(
        key=_key(point),
        name=point.at.label,
        status="FINISHED",
        started=finished,
        ended=finished,
        tags=tags,
        params=params,
        metrics=tuple(
            (name, float(value), finished, 0) for name, value in values.items() if not isinstance(value, Missing)
        ),
        artifacts={**score_tables(point, study.gained["gain"].get(point.at)), **_gaps(point), **long, **long_tags},
        inputs=inputs((leaf.data for leaf in point.planned.leaves), "evaluation"),
    )


def _key(point: Point) -> str:
    """A stable name of a point: of its coordinates and its evaluations."""
    content = json.dumps([dump(point.at), point.leaves], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _collapsed(answer: Answer) -> dict[Coordinates, list[str]] | None:
    """By point, the targets that collapsed by the rule of the sweep."""
    rule = answer.study.sweep.analysis.collapse if answer.study.sweep.analysis else None
    if rule is None:
        return None
    found: dict[Coordinates, list[str]] = {}
    for run in collapse.runs(answer.points, rule):
        found.setdefault(run.at, []).extend([run.task] if run.collapsed else [])
    return found


def _tags(point: Point, study: _Study) -> dict[str, str]:
    collapsed = {} if study.collapsed is None else {"harness.collapsed": " ".join(study.collapsed.get(point.at, []))}
    return {
        "harness.kind": "point",
        "harness.status": point.status,
        "harness.phases": " ".join(distinct(phase for leaf in point.planned.leaves for phase in lineage(leaf))),
        "harness.same_source": " ".join(point.same_source),
        "harness.columns_left_out": study.columns.told,
        **collapsed,
        **TABLES_TAG,
    }


def _params(point: Point, unit: str) -> dict[str, str]:
    """A point that had no intermediate training had 0 epochs of it, in batches of 0, at a learning rate of 0.

    MLflow draws a param that is not there above the highest of the others, where it reads as that.
    """
    at = point.at
    stages = point.intermediate
    return texts(
        {
            "model": at.model,
            "model_parameters": size(architecture(point.planned.leaves[0])).multiplied_in_layers,
            "intermediate": at.intermediate,
            unit: at.amount or 0,
            "batch_size": at.batch_size or 0,
            "learning_rate": stages[-1].recipe.learning_rate if stages else 0,
            "control": at.control or "none",
            "seed": at.target_seed,
            "intermediate_seed": at.intermediate_seed,
            "pretrain_seed": at.pretrain_seed,
            **described(point.planned),
        }
    )


def _gaps(point: Point) -> dict[str, Artifact]:
    reasons = "".join(f"{task}/{language}: {reason}\n" for (task, language), reason in point.missing.items())
    reasons += "".join(f"{suite}/score: {reason}\n" for suite, reason in point.unofficial.items())
    return {"missing.txt": reasons.encode()} if reasons else {}
