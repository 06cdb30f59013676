"""Finding a checkpoint that a training phase can go on from, and reading it into DeepSpeed's engine."""

from contextlib import nullcontext
from typing import Any

from harness.files import resume
from harness.files.resume import Stored
from harness.spec.checkpoint import Manifest
from harness.spec.phase import Train
from harness.worker import random_state
from harness.worker.session import Session
from harness.worker.universal import converted
from harness.worker.work import Work


def memory_of(config: dict[str, Any]) -> dict[str, Any]:
    """What of DeepSpeed's configuration decides how states lie in a checkpoint."""
    return {name: config[name] for name in ("zero_optimization", "bf16")}


def newest(phase: Train, work: Work) -> Stored | None:
    """The newest checkpoint that this launch can go on from; every process must ask, and all get the same.

    What cannot be used is removed, and the journal says why: damaged files, or another way of keeping states.
    """
    session, folder = work.session, work.folder.resume
    if session.first:
        resume.sweep(folder)
    for found in session.agreed(resume.stored(folder) if session.first else None):
        reason = _unfit(found.manifest, work) or _damaged(found, session)
        if not reason:
            return found  # type: ignore[no-any-return]
        work.tell("restart", step=found.manifest.progress.step, reason=reason)
        if session.first:
            resume.discard(found.path)
    return None


def configured(found: Stored | None, work: Work) -> dict[str, Any]:
    """DeepSpeed's configuration, which must say beforehand that a checkpoint is of another world size."""
    if found is None or not _other_world(found.manifest, work):
        return work.config
    return {**work.config, "checkpoint": {"load_universal": True}}


def read(engine: Any, found: Stored, phase: Train, work: Work) -> None:
    """Go on from `found`: weights, optimizer and, on the same world size, random states."""
    other = _other_world(found.manifest, work)
    with converted(found, work.session) if other else nullcontext(found.path) as path:
        engine.load_checkpoint(str(path.parent), tag=path.name, load_module_strict=phase.recipe.lora is None)
    if found.manifest.world_size == work.session.world_size:
        random_state.restore(work.session, found.path)
    else:
        random_state.seed(work.session, phase.recipe.seed, found.manifest.progress.step)


def _other_world(manifest: Manifest, work: Work) -> bool:
    """Whether states must be dealt anew; at stage 0 every process holds all of them."""
    return manifest.world_size != work.session.world_size and work.placement.stage > 0


def _unfit(manifest: Manifest, work: Work) -> str:
    if manifest.phase != work.folder.id:
        return f"it is a checkpoint of phase {manifest.phase}"
    if manifest.memory != memory_of(work.config):
        before, now = (memory["zero_optimization"]["stage"] for memory in (manifest.memory, memory_of(work.config)))
        kept = f"ZeRO stage {before}, now {now}" if before != now else "another offload or partition"
        return f"its states were kept otherwise ({kept}), so the phase starts again"
    return ""


def _damaged(found: Stored, session: Session) -> str:
    """Whether its files are what was written; each process reads a share of them."""
    mine = sorted(found.manifest.files)[session.rank :: session.world_size]
    changed = session.everyones(list(found.changed(mine)))
    return f"{', '.join(sorted(changed))}: not what was written" if changed else ""
