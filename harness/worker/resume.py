"""Finding a checkpoint that a training phase can go on from, and reading it into DeepSpeed's engine."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.files import resume
from harness.files.resume import Stored
from harness.spec.checkpoint import Manifest, Progress
from harness.spec.errors import HarnessError
from harness.spec.phase import Train
from harness.worker import random_state
from harness.worker.failing import LostError
from harness.worker.session import Session
from harness.worker.universal import convert
from harness.worker.work import Work


@dataclass(frozen=True)
class Found:
    """A checkpoint; DeepSpeed reads it at `path`, where it may have been converted to this world size."""

    stored: Stored
    path: Path

    @property
    def progress(self) -> Progress:
        """How far it had come."""
        return self.stored.manifest.progress

    @property
    def converted(self) -> bool:
        """Whether it is one of another world size."""
        return self.path != self.stored.path


def memory_of(config: dict[str, Any]) -> dict[str, Any]:
    """What of DeepSpeed's configuration decides how states lie in a checkpoint."""
    return {name: config[name] for name in ("zero_optimization", "bf16")}


def newest(work: Work) -> Found | None:
    """The newest checkpoint that this launch can go on from; every process must ask, and all get the same.

    The journal says why others cannot be used; those that never can, being damaged or kept otherwise, are removed.
    """
    session, folder = work.session, work.folder.resume
    work.doing("looking for a checkpoint")
    if session.first:
        resume.sweep(folder)
    for stored in session.agreed(resume.stored(folder) if session.first else None):
        reason = _unfit(stored.manifest, work) or _damaged(stored, session)
        if reason and session.first:
            resume.discard(stored.path)
        elif not reason:
            path, reason = _readable(stored, work)
            if not reason:
                return Found(stored, path)
        work.tell("restart", step=stored.manifest.progress.step, reason=reason)
    return None


def configured(found: Found | None, work: Work) -> dict[str, Any]:
    """DeepSpeed's configuration, which must say beforehand that a checkpoint is of another world size."""
    return {**work.config, "checkpoint": {"load_universal": True}} if found and found.converted else work.config


def read(engine: Any, found: Found, phase: Train, work: Work) -> None:
    """Go on from `found`: weights, optimizer and, on the same world size, random states."""
    session, path = work.session, found.path
    with _own_settings(engine.optimizer):
        where, _ = engine.load_checkpoint(str(path.parent), tag=path.name, load_module_strict=phase.recipe.lora is None)
    if where is None:  # DeepSpeed only logs it, and would go on from the first weights
        raise HarnessError(f"{path}: DeepSpeed found no states there that it can read")
    if found.stored.manifest.world_size == session.world_size:
        random_state.restore(session, path)
    else:
        random_state.seed(session, phase.recipe.seed, found.progress.step)
    session.agreed(None)  # all have read it
    if found.converted and session.first:
        resume.discard(path)


@contextmanager
def _own_settings(optimizer: Any) -> Iterator[None]:
    """What DeepSpeed 0.19.8 mixes up as it reads a converted checkpoint at stage 3 is put right after the block.

    Every group of parameters is given the first one's weight decay, and all share one count of steps, which then grows
    by the number of groups at each step. Losses were off by up to 7e-3 within twelve steps.
    """
    settings = [{name: it for name, it in group.items() if name != "params"} for group in optimizer.param_groups]
    yield
    for group, its in zip(optimizer.param_groups, settings, strict=True):
        group.update(its)
    for state in getattr(optimizer, "optimizer", optimizer).state.values():
        if isinstance(state.get("step"), torch.Tensor):
            state["step"] = state["step"].clone()


def _readable(stored: Stored, work: Work) -> tuple[Path, str]:
    """Where it can be read, and why not, if it cannot; at stage 0 every process holds all states."""
    if stored.manifest.world_size == work.session.world_size or work.placement.stage == 0:
        return stored.path, ""
    work.doing(f"converting the checkpoint of step {stored.manifest.progress.step}")
    path, error = convert(stored.path, work.session)
    reason = error and f"it could not be converted to {work.session.world_size} processes: {error}"
    if any(os.strerror(number) in error for number in (errno.ENOSPC, errno.EDQUOT)):
        raise HarnessError(f"{stored.path}: {reason}")  # to begin again would lose what a freed disk can go on from
    return path, reason


def _unfit(manifest: Manifest, work: Work) -> str:
    if manifest.phase != work.folder.id:
        return f"it is a checkpoint of phase {manifest.phase}"
    if manifest.memory != memory_of(work.config):
        before, now = (memory["zero_optimization"]["stage"] for memory in (manifest.memory, memory_of(work.config)))
        kept = f"ZeRO stage {before}, now {now}" if before != now else "another offload or partition"
        return f"its states were kept otherwise ({kept}), so the phase starts again"
    return ""


def _damaged(stored: Stored, session: Session) -> str:
    """Whether its files are what was written; each process reads a share of them."""
    mine = sorted(stored.manifest.files)[session.rank :: session.world_size]
    try:
        found = [*stored.changed(mine), *(stored.strange() if session.first else ())]
    except OSError as error:  # no reason to remove it
        raise LostError(f"{stored.path}: cannot be read now ({error.strerror})") from error
    changed = session.everyones(found)
    return f"{', '.join(sorted(changed))}: not what was written" if changed else ""
