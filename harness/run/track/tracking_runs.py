"""What MLflow shall hold of a study: runs as plain values, made from the answer and the journals and nothing else."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from harness.analysis.answer import Answer
from harness.analysis.points.costs import distinct, model_flops
from harness.analysis.points.gains import Gain
from harness.analysis.points.methods import described
from harness.analysis.points.points import Point
from harness.analysis.report.export import point_scores_csv
from harness.analysis.values import Missing, Value
from harness.files import journal
from harness.files.layout import PhaseFolder
from harness.plan.network.size import size
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.phase import Train, architecture, lineage, slug
from harness.spec.record import Record

CURVES = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm", "flops_model": "flops/model"}
CURVE_STEPS = 20  # at most, of each curve; the journal keeps every step
LONGEST_PARAM = 500  # characters; longer ones go into an artifact

Measured = tuple[str, float, int, int]  # name, value, milliseconds since the epoch, step


@dataclass(frozen=True)
class TrackedRun:
    """One MLflow run as content; `started` and `ended` in milliseconds since the epoch."""

    key: str
    name: str
    status: str
    started: int
    ended: int
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Measured, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of everything in it: the same content, the same digest, on every host."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def point_runs(answer: Answer) -> Iterator[TrackedRun]:
    """A run per point that has scores: the rows of the study."""
    gains = {gain.at: gain for gain in answer.gains}
    unit = answer.study.sweep.axis[0]
    return (_point_run(point, gains.get(point.at), unit) for point in answer.points if point.measured)


def phase_run(phase: Train, folder: PhaseFolder) -> TrackedRun | None:
    """The run of a training phase with its curves; None before its first step."""
    steps = [event for event in journal.read(folder.journal_file) if event.get("event") == "step" and _whole(event)]
    if not steps:
        return None
    record = folder.whole_record()
    last = _milliseconds(steps[-1]["time"])
    costs = _record_metrics(record) if record else {}
    params, long = _by_length(_phase_params(phase))
    return TrackedRun(
        key=identity(phase),
        name=f"{slug(phase)} {identity(phase)}",
        status="FINISHED" if record else "FAILED" if folder.failure_file.exists() else "RUNNING",
        started=_milliseconds(steps[0]["time"]),
        ended=last,
        tags={"harness.kind": "phase", "harness.folder": folder.path.name},
        params=params,
        metrics=(
            *(metric for event in _spread(steps) for metric in _step_metrics(event)),
            *((name, number, last, steps[-1]["step"]) for name, number in costs.items()),
        ),
        artifacts=long,
    )


def _point_run(point: Point, gain: Gain | None, unit: str) -> TrackedRun:
    finished = _milliseconds(datetime.fromisoformat(point.finished).timestamp()) if point.finished else 0
    params, long = _by_length(_point_params(point, unit))
    reasons = "".join(f"{task}/{language}: {reason}\n" for (task, language), reason in point.missing.items())
    reasons += "".join(f"{suite}/score: {reason}\n" for suite, reason in point.unofficial.items())
    gaps = {"missing.txt": reasons} if reasons else {}
    return TrackedRun(
        key=_point_key(point),
        name=point.at.label,
        status="FINISHED",
        started=finished,
        ended=finished,
        tags={
            "harness.kind": "point",
            "harness.status": point.status,
            "harness.phases": " ".join(distinct(phase for leaf in point.planned.leaves for phase in lineage(leaf))),
            "harness.same_source": " ".join(point.same_source),
        },
        params=params,
        metrics=tuple((name, number, finished, 0) for name, number in _point_metrics(point, gain).items()),
        artifacts={"scores.csv": point_scores_csv(point, gain), **gaps, **long},
    )


def _point_key(point: Point) -> str:
    """A stable name of a point: of its coordinates and its evaluations."""
    content = json.dumps([dump(point.at), point.leaves], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _point_params(point: Point, unit: str) -> dict[str, str]:
    at = point.at
    stages = point.intermediate
    return _texts(
        {
            "model": at.model,
            "model_parameters": size(architecture(point.planned.leaves[0])).multiplied_in_layers,
            "intermediate": at.intermediate,
            unit: f"{at.amount or 0:g}",
            "batch_size": at.batch_size,
            "learning_rate": stages[-1].recipe.learning_rate if stages else None,
            "control": at.control,
            "seed": at.target_seed,
            "intermediate_seed": at.intermediate_seed,
            "pretrain_seed": at.pretrain_seed,
            **described(point.planned),
        }
    )


def _phase_params(phase: Train) -> dict[str, str]:
    duration = f"{phase.recipe.duration.amount:g} {phase.recipe.duration.unit}"
    tasks = "+".join(data.name for data in phase.data)
    return _texts({"role": phase.role, "tasks": tasks, **dump(phase.recipe), "duration": duration})


def _point_metrics(point: Point, gain: Gain | None) -> dict[str, float]:
    """What is missing is left out here, and named with its reason in the artifact `missing.txt`."""
    means = {"targets": point.aggregates, **point.suites}
    values: dict[str, Value] = {f"{of}/{name}": value for of, own in means.items() for name, value in own.items()}
    values |= {f"gain/{measure}": value for measure, value in gain.aggregates.items()} if gain else {}
    for task, languages in point.cells.items():
        values |= {f"{task}/score": point.tasks[task], **{f"{task}/{code}": value for code, value in languages.items()}}
    costs = {"total" if name == "standalone" else name: cost for name, cost in point.cost.by_name.items()}
    values |= {f"flops/{name}": model_flops(cost) for name, cost in costs.items()}
    return {name: float(value) for name, value in values.items() if not isinstance(value, Missing)}


def _whole(event: Mapping[str, Any]) -> bool:
    """Whether a line has a place on the axes and finite numbers; a damaged one is left out."""
    told: list[Any] = [event.get("time"), event.get("step"), *(event.get(name) or 0 for name in CURVES)]
    return all(type(number) in (int, float) and math.isfinite(number) for number in told)


def _spread(steps: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """CURVE_STEPS of `steps` at equal distances, the first and the last among them."""
    if len(steps) <= CURVE_STEPS:
        return steps
    return [steps[index * (len(steps) - 1) // (CURVE_STEPS - 1)] for index in range(CURVE_STEPS)]


def _step_metrics(event: Mapping[str, Any]) -> Iterator[Measured]:
    time, step = _milliseconds(event["time"]), int(event["step"])
    for field_name, metric in CURVES.items():
        if event.get(field_name) is not None:
            yield metric, float(event[field_name]), time, step


def _record_metrics(record: Record) -> dict[str, float]:
    cost = record.cost
    used = {"wall_seconds": record.wall_seconds, "peak_memory_bytes": record.peak_memory_bytes}
    return {
        **{name: float(number) for name, number in used.items() if number is not None},
        "flops/hardware": float(cost.hardware),
        "flops/six_nd": float(cost.six_nd),
        "tokens/real": float(cost.real_tokens),
        "tokens/padded": float(cost.padded_tokens),
        "seconds": cost.seconds,
    }


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Numbers as they are written, anything nested as JSON; None is left out."""
    return {
        name: str(content) if isinstance(content, (str, int, float)) else json.dumps(content)
        for name, content in given.items()
        if content is not None
    }


def _by_length(params: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Params that MLflow takes, and those too long for it as artifacts."""
    short = {name: text for name, text in params.items() if len(text) <= LONGEST_PARAM}
    return short, {f"params/{name}.txt": text for name, text in params.items() if name not in short}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
