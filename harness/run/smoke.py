"""`harness run --smoke`: every kind of phase of a sweep tried for some steps, apart from the real run folder."""

import dataclasses
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.table import Table
from harness.files.alone import alone
from harness.files.journal import read
from harness.files.layout import PhaseFolder, folder_of, folders, smoke_folder
from harness.plan.smoke import STEPS, Kind, smoke
from harness.run.check import check
from harness.run.child import Launcher
from harness.run.conduct.loop import conduct
from harness.run.placing import places
from harness.run.progress import Display
from harness.run.stop import conductors
from harness.run.store import State, exclusive, released, remove
from harness.run.study import Work
from harness.run.track.projecting import NOWHERE
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer, title
from harness.spec.phase import AnyPhase, Evaluate, Train

SHARED = (".cache", "imported")  # by content, so that what is encoded or probed here serves the real run, too


@dataclass(frozen=True)
class Tried:
    """What came of a kind: passed, or the sentence `why` not; `seconds` of a step or a batch, None for a tokenizer."""

    kind: Kind
    passed: bool
    why: str
    seconds: float | None


def rehearse(work: Work, launcher: Launcher, display: Display) -> tuple[Tried, ...]:
    """Try every kind of phase of `work`: nothing of it is scored, tracked, or lies among the real phases.

    Raises HarnessError for what no run could do, and where another command tries the same folder.
    """
    check(work)
    made = smoke(work.plan, places(work).chosen)
    display.say(
        f"{len(made.kinds)} kinds of phase among {len(work.plan)} phases; "
        f"trying them in {len(made.phases)}, of at most {STEPS} steps or a batch a language"
    )
    runs = smoke_folder(work.runs)
    with alone(work.runs / ".smoke.lock", f"{runs}: another command tries this run folder; wait for it, or stop it"):
        _clear(work.runs, made.phases)
        found = conduct(dataclasses.replace(work, plan=made.phases, runs=runs), launcher, display, NOWHERE)
        tried = tuple(_tried(kind, [found[key] for key in keys]) for kind, keys in made.kinds.items())
        if all(each.passed for each in tried):
            for folder in folders(runs):
                remove(folder.weights)
    return tried


def table(tried: Sequence[Tried]) -> Table:
    """A row for each kind, and below them why those that did not pass did not."""
    rows = tuple((*_words(each.kind), _time(each.seconds), "passed" if each.passed else "failed") for each in tried)
    reasons = (f"{' '.join(_words(each.kind))}: {each.why}" for each in tried if not each.passed)
    columns = ("kind", "model", "runs on", "seconds a step", "")
    return Table("Every kind of phase, tried", columns, (rows,), 3, tuple(reasons))


def _clear(real: Path, phases: Sequence[AnyPhase]) -> None:
    """Empty the run folder below `real`; it shares caches, and tokenizers as far as they are trained."""
    runs = smoke_folder(real)
    if live := [each.owner for each in conductors(runs) if each.lease and each.lease.live]:
        raise HarnessError(f"{runs}: command {live[0]} tries this run folder already; wait for it, or stop it")
    with exclusive(real):
        remove(runs)
        runs.mkdir()
        for name in SHARED:
            (real / name).mkdir(exist_ok=True)
            (runs / name).symlink_to(Path(os.pardir) / name)
        for phase in phases:
            trained = folder_of(real, phase)
            if isinstance(phase, TrainTokenizer) and trained.done and not released(trained):
                shutil.copytree(trained.path, folder_of(runs, phase).path)


def _tried(kind: Kind, states: Sequence[State]) -> Tried:
    """It passed if every phase of the kind did; what failed says more than what only waited for it."""
    left = [state for state in states if state.status != "done"]
    failed = [state for state in left if state.status == "failed"]
    why = (failed or left)[0].reason if left else ""
    known = [seconds for state in states if (seconds := _seconds(state.phase, state.folder)) is not None]
    return Tried(kind, not left, why, max(known, default=None))


def _seconds(phase: AnyPhase, folder: PhaseFolder) -> float | None:
    """Of a step, in the later half of those taken, since the first warm up; of an evaluation's batch, their mean."""
    events = list(read(folder.journal_file))
    match phase:
        case Train():
            since = [event["seconds"] for event in events if event["event"] == "step"]
            later = since[len(since) // 2 :]
            return (later[-1] - later[0]) / (len(later) - 1) if len(later) > 1 else None
        case Evaluate():
            record = folder.record()
            batches = max((event["done"] for event in events if event.get("what") == "evaluating"), default=0)
            return record.cost.seconds / batches if record and batches else None
        case TrainTokenizer():
            return None


def _words(kind: Kind) -> tuple[str, str, str]:
    """What it does, to which model, and where."""
    strategy, accelerators, micro, accumulates, again = kind.place
    if isinstance(kind.model, TrainTokenizer):
        return kind.does, f"{kind.model.algorithm} of {kind.model.vocabulary:,}", "one process"
    window = [f"{kind.window.max_length} tokens"] if kind.window else []
    method = [f"LoRA of rank {kind.method.rank}"] if kind.method else []
    told = " ".join(
        [kind.does, "+".join(kind.formats), *window, *([kind.precision] if kind.precision else []), *method]
    )
    processes = f"{accelerators} process{'' if accelerators == 1 else 'es'}"
    batch = [f"micro-batch {micro}{', accumulated' if accumulates else ''}"] if kind.does == "train" else []
    where = ", ".join([strategy, processes, *batch, *(["checkpointing"] if again else [])])
    return told, title(kind.model), where


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3g}"
