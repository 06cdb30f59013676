"""A training phase as an MLflow run: its curves, its complete configuration, what it cost and ran on."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from harness.files import journal
from harness.files.layout import PhaseFolder
from harness.run.track.projection.curves import curves, is_whole
from harness.run.track.projection.inputs import inputs
from harness.run.track.projection.tracked import Artifact, TrackedRun, by_length, milliseconds, texts
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.phase import Train, slug
from harness.spec.record import Record


def phase_run(phase: Train, folder: PhaseFolder) -> TrackedRun | None:
    """The run of a training phase with its curves; None before its first step."""
    told = journal.read(folder.journal_file)
    events = [event for event in told if event.get("event") != "step" or is_whole(event)]
    steps = [event for event in events if event.get("event") == "step"]
    if not steps:
        return None
    record = folder.whole_record()
    last = milliseconds(steps[-1]["time"])
    costs = _costs(record) if record else {}
    params, long = by_length(_params(phase))
    status = "FINISHED" if record else "FAILED" if folder.failure_file.exists() else "RUNNING"
    return TrackedRun(
        key=identity(phase),
        name=f"{slug(phase)} {identity(phase)}",
        status=status,
        started=milliseconds(steps[0]["time"]),
        ended=0 if status == "RUNNING" else last,
        tags={"harness.kind": "phase", "harness.folder": folder.path.name},
        params=params,
        metrics=(
            *curves(events, ended=status != "RUNNING"),
            *((name, number, last, 0) for name, number in costs.items()),  # of no step: MLflow draws bars of them
        ),
        artifacts={**_files(folder), **long},
        inputs=inputs(phase.data, "training"),
        grows=True,
    )


def _params(phase: Train) -> dict[str, str]:
    duration = f"{phase.recipe.duration.amount:g} {phase.recipe.duration.unit}"
    tasks = "+".join(data.name for data in phase.data)
    return texts({"role": phase.role, "tasks": tasks, **dump(phase.recipe), "duration": duration})


def _costs(record: Record) -> dict[str, float]:
    cost = record.cost
    used: Mapping[str, Any] = {
        name: getattr(record, name) for name in ("wall_seconds", "peak_memory_bytes", "energy_joules")
    }
    return {
        **{name: float(number) for name, number in used.items() if number is not None},
        "flops/hardware": float(cost.hardware),
        "flops/six_nd": float(cost.six_nd),
        "tokens/real": float(cost.real_tokens),
        "tokens/padded": float(cost.padded_tokens),
        "seconds": cost.seconds,
    }


def _files(folder: PhaseFolder) -> dict[str, Artifact]:
    """The files that say everything of a phase: what it is, where and on what it ran, what came of it."""
    named = (
        folder.phase_file,
        folder.placement_file,
        folder.ds_config_file,
        folder.environment_file,
        folder.record_file,
        folder.failure_file,
    )
    found: dict[str, Artifact] = {}
    for file in named:
        with suppress(FileNotFoundError):
            found[file.name] = file.read_bytes()
    return found
