"""The micro-batch, tried before a phase starts: in a launch of its own, on the longest sequences; kept by kind."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from harness.files.layout import PhaseFolder
from harness.files.tried import Tried, read_tried, write_tried
from harness.plan.places.ds_config import render
from harness.plan.places.placement import Choice, cut
from harness.run.child import Launch, Launcher, ending, launched
from harness.run.offload import clear_offload
from harness.run.scripts import left
from harness.run.store import prepare
from harness.spec.cluster import Cluster, Placement
from harness.spec.errors import HarnessError
from harness.spec.load import dump
from harness.spec.model import title
from harness.spec.phase import AnyPhase, Train, architecture, origin, slug

POLL = 0.5  # seconds between two looks at a launch
GIGABYTE = 10**9
# How the kernel's end of a process, or an allocator's, reads in a launcher's last words.
KILLED = ("SIGKILL", "Signal 9", "code = -9", "exitcode  : -9", "bad_alloc", "out of memory", "allocate memory")


class UnfitError(HarnessError):
    """A phase that cannot be placed after all, and why."""

    def __init__(self, phase: Train, reason: str) -> None:
        super().__init__(reason)
        self.phase = phase


@dataclass(frozen=True)
class Probe:
    """Tries micro-batches with `launcher` for phases of the run folder `runs`.

    `say` is given a line about what is tried; `obey` is called while a launch is at work, and may raise to stop it.
    """

    runs: Path
    launcher: Launcher
    say: Callable[[str], None]
    obey: Callable[[], None]

    def placement(self, phase: AnyPhase, choice: Choice, cluster: Cluster) -> Placement:
        """The placement of `choice`, or with a smaller micro-batch and the same global batch, so that it fits.

        Raises UnfitError where not even a single example fits, or where trying fails for another reason.
        """
        if not cluster.probe or not isinstance(phase, Train):
            return choice.placement
        folder = remembered(self.runs, phase, choice, cluster)
        known, too_large = read_tried(folder), None
        for placement in _halved(choice.placement):
            accumulated = placement.accumulation > 1
            if known and placement.micro_batch <= known.micro_batch and accumulated <= known.accumulated:
                return placement
            if known and known.too_large and placement.micro_batch >= known.too_large:
                continue
            tried = self._tried(phase, replace(choice, placement=placement), cluster, folder)
            if tried.fits:
                smallest = too_large or (known.too_large if known else None)
                write_tried(folder, replace(tried, too_large=smallest, accumulated=accumulated))
                return placement
            too_large = placement.micro_batch
        raise UnfitError(
            phase,
            f"not even one example of {title(origin(phase))} fits in the memory of a process under {choice.strategy}; "
            "give it more accelerators, a strategy that keeps less on each, or a shorter window",
        )

    def _tried(self, phase: Train, choice: Choice, cluster: Cluster, kept: Path) -> Tried:
        self.say(f"{slug(phase)}: probing micro-batch {choice.placement.micro_batch} of {title(origin(phase))}")
        with _aside(kept) as folder:
            prepare(folder, phase, choice.placement, render(phase, choice.placement, choice.options))
            command = self.launcher(("harness.worker.probe", *_limit(cluster), str(folder.path)), cluster)
            command = left(command, self.runs, f"probe-{kept.name}")
            with launched(command, self.runs / "logs" / f"probe-{kept.name}.log", self.runs) as launch:
                while (status := launch.wait(POLL)) is None:
                    self.obey()
                    for notice in launch.notices():
                        self.say(notice)
            clear_offload(folder)
            return _outcome(folder, (phase, choice.placement.micro_batch), launch, status)


def remembered(runs: Path, phase: Train, choice: Choice, cluster: Cluster) -> Path:
    """Where the outcome for phases of this kind lies: all that memory depends on, but no data, seed or duration."""
    recipe, placement = phase.recipe, choice.placement
    kind = {
        "architecture": dump(architecture(phase)),
        "heads": [(data.format, len(data.labels)) for data in phase.data],
        "window": recipe.window.max_length,
        "batch": recipe.negatives or recipe.batch_size if any(d.format == "retrieval" for d in phase.data) else None,
        "precision": recipe.precision,
        "lora": dump(recipe.lora) if recipe.lora else None,
        "dropout": recipe.dropout > 0,
        "mask": recipe.mask,
        "strategy": choice.options,
        "checkpointing": placement.checkpointing,
        "world_size": placement.world_size,
        "device": [cluster.accelerator, cluster.hardware and cluster.hardware.device, _limit(cluster)],
    }
    text = json.dumps(kind, sort_keys=True)
    return runs / ".cache" / "probe" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _halved(placement: Placement) -> Iterator[Placement]:
    """The placement as planned, then again and again with at most half of its micro-batch, down to one example."""
    yield placement
    share = placement.micro_batch * placement.accumulation
    micro = placement.micro_batch
    while micro > 1:
        micro = max(size for size in range(1, micro // 2 + 1) if share % size == 0)
        yield cut(placement, micro)


def _limit(cluster: Cluster) -> tuple[str, ...]:
    """On cpu a process may be held to a part of the host's memory; an accelerator has its own end."""
    if cluster.accelerator != "cpu" or cluster.hardware is None or cluster.hardware.memory_gb is None:
        return ()
    return ("--memory", str(int(cluster.hardware.memory_gb * GIGABYTE)))


@contextmanager
def _aside(kept: Path) -> Iterator[PhaseFolder]:
    """A folder for one launch."""
    path = kept.with_name(f"{kept.name}-{uuid4().hex[:8]}")
    try:
        yield PhaseFolder(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _outcome(folder: PhaseFolder, of: tuple[Train, int], launch: Launch, status: int) -> Tried:
    """What the worker said of a phase and its micro-batch, else its end; raises UnfitError if that is not of memory."""
    phase, micro = of
    if tried := read_tried(folder.path):
        return tried
    words = "\n".join(launch.last_lines)
    if status == -9 or any(word in words for word in KILLED):
        return Tried(micro, fits=False)
    reason = launch.last_error or f"the launch {ending(status)}"
    raise UnfitError(phase, f"trying micro-batch {micro} failed: {reason}")
