"""Checkpoints of a training phase at work: written when time or notice demand it, while training goes on."""

import math
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from harness.files import resume
from harness.files.atomic import digest, sync
from harness.spec.checkpoint import Manifest, Progress
from harness.spec.errors import HarnessError
from harness.spec.phase import Train
from harness.worker import random_state
from harness.worker.failing import DivergedError
from harness.worker.notice import Interrupted
from harness.worker.parts import own_part
from harness.worker.resume import memory_of
from harness.worker.snapshot import Snapshots
from harness.worker.work import Work

GUESS_S = 1.0  # what one costs, until one was taken: the first must not wait for longer than processes live


class News(NamedTuple):
    """What all processes tell each other with the loss of a step: numbers of those of which something holds."""

    loss: float
    asked_to_end: bool
    due: bool
    writing: bool
    failed: bool


class Checkpoints:
    """Takes checkpoints of `engine`; every process must call every method at the same step."""

    def __init__(self, engine: Any, phase: Train, work: Work) -> None:
        self._engine, self._phase, self._work = engine, phase, work
        self._snapshots = engine.checkpoint_engine = Snapshots(work.session.neighbours)
        engine._copy_recovery_script = _nothing  # on a full disk it would end the first process alone
        self._draft: tuple[Path, Progress] | None = None
        self._error: OSError | None = None
        self._taken = time.monotonic()
        self._cost = GUESS_S  # seconds for which the last one held training up

    def heard(self, loss: float) -> News:
        """The sum of `loss` over all processes, and what they tell with it."""
        writing = self._draft is not None and self._snapshots.busy
        if self._draft and not writing:
            self._error = self._error or self._snapshots.finish()
        told = (loss, self._work.session.notice.given, self._due(), writing, self._error is not None)
        total, *others = self._work.session.totals(told)
        return News(total, *map(bool, others))

    def after(self, progress: Progress, news: News) -> None:
        """Go on with the checkpoint that is being written, and begin one if it is due; raises Interrupted on notice."""
        if self._draft and not news.writing:
            self._commit(news.failed)
        if news.asked_to_end:
            kept = self._take_at_once(progress)
            raise Interrupted(f"asked to end; step {progress.step} is {'' if kept else 'not '}kept")
        if news.due and self._draft is None:
            self._take(progress)

    def close(self) -> None:
        """Put in place what is being written, since storing the weights may take long; no other can begin then."""
        self._finish()
        self._snapshots.close()

    @property
    def interval(self) -> float:
        """Seconds between two checkpoints, by Young 1974, "A first order approximation to the optimum ... interval".

        The root of twice the time that one costs times the time between failures, but no more than the placement says.
        """
        placement = self._work.placement
        return min(placement.checkpoint_interval_s, math.sqrt(2 * self._cost * placement.seconds_between_failures))

    def _due(self) -> bool:
        """The first process decides."""
        return self._work.session.first and time.monotonic() - self._taken >= self.interval

    def _take(self, progress: Progress) -> None:
        began, session = time.monotonic(), self._work.session
        self._work.doing(f"taking a checkpoint of step {progress.step}")  # which may take any time
        self._check_finite(progress.step)
        path = session.agreed(self._begun() if session.first else None)
        if path is None:
            return
        lora = self._phase.recipe.lora is not None
        self._engine.save_checkpoint(str(path.parent), path.name, save_latest=False, exclude_frozen_parameters=lora)
        self._snapshots.keep(random_state.to_bytes(session), path / random_state.name_of(session.rank))
        self._draft, self._taken = (path, progress), time.monotonic()
        self._cost = self._taken - began

    def _take_at_once(self, progress: Progress) -> bool:
        """Nothing goes on meanwhile, so what is being written is waited for; whether `progress` is kept then."""
        self._finish()
        self._take(progress)
        return self._finish()

    def _finish(self) -> bool:
        """Wait for what is being written, if something is; whether it became a checkpoint."""
        if self._draft is None:
            return False
        self._work.doing(f"writing the checkpoint of step {self._draft[1].step}")
        self._error = self._error or self._snapshots.finish()
        return self._commit(self._work.session.highest(self._error is not None) > 0)

    def _begun(self) -> Path | None:
        """A folder for it; None, which the journal explains, where the disk is full."""
        try:
            return resume.draft(self._work.folder.resume)
        except HarnessError as error:
            self._failed(str(error))
            return None

    def _commit(self, failed: bool) -> bool:
        """Make what was written a checkpoint, if it can be; else training goes on, and the one before is kept."""
        assert self._draft is not None
        began, session = time.monotonic(), self._work.session
        path, progress = self._draft
        self._work.doing(f"putting the checkpoint of step {progress.step} in place")
        errors = session.everyones([str(self._error)] if self._error else [])
        self._draft, self._error = None, None
        files = {} if failed else self._files(path)
        self._snapshots.written.clear()
        reason = "; ".join(sorted(set(errors)))
        kept: bool = session.agreed(self._settle(path, progress, files, reason) if session.first else None)
        self._cost += time.monotonic() - began
        return kept

    def _settle(self, path: Path, progress: Progress, files: dict[str, str], error: str) -> bool:
        memory, world = memory_of(self._work.config), self._work.session.world_size
        try:
            if error:
                raise HarnessError(error)
            size = sum((path / name).stat().st_size for name in files)
            self._work.told()  # else what goes on from here would miss steps
            resume.commit(path, Manifest(self._work.folder.id, progress, world, memory, files, size, resume.now()))
        except (HarnessError, OSError) as failed:
            resume.discard(path)
            self._failed(str(failed))
            return False
        self._work.tell("checkpoint", step=progress.step, bytes=size, seconds=self._cost)
        return True

    def _failed(self, reason: str) -> None:
        self._taken = time.monotonic()
        self._work.tell("checkpoint_failed", reason=reason)

    def _files(self, path: Path) -> dict[str, str]:
        """Digests of all files by name; of those that DeepSpeed copied itself (NVMe) each process reads a share."""
        session = self._work.session
        mine = [(str(file.relative_to(path)), hashed) for file, hashed in self._snapshots.written.items()]
        found = dict(session.everyones(mine))
        there = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()} if session.first else set()
        others = session.agreed(sorted(there - found.keys()))
        for name in others[session.rank :: session.world_size]:
            sync(path / name)
        return found | dict(
            session.everyones([(n, digest(path / n)) for n in others[session.rank :: session.world_size]])
        )

    def _check_finite(self, step: int) -> None:
        """Raise DivergedError rather than keep weights that lead nowhere."""
        trained = (parameter for parameter in self._engine.module.parameters() if parameter.requires_grad)
        broken = not all(bool(torch.isfinite(own_part(each)).all()) for each in trained)
        if self._work.session.highest(broken):
            raise DivergedError(f"after step {step} weights are not finite; lower the learning rate")


def _nothing(folder: str) -> None:
    """In place of DeepSpeed's copies of scripts that turn its checkpoints into weights."""
