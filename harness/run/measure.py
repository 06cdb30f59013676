"""Token lengths measured before a run, so that a plan need not take every text for a full window."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from harness.files.atomic import write_text
from harness.run.bill.token_statistics import readers, unmeasured_sets
from harness.run.child import Launcher, ending, launched
from harness.run.stop import interruptible
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import dump
from harness.spec.phase import Evaluate, Train, origin, slug


def measure_lengths(work: Work, launcher: Launcher, say: Callable[[str], None]) -> None:
    """Read every set of `work` that is at hand, and whose tokenizer is, and keep the lengths of its texts.

    What is read is encoded as a run would do it, and kept for it. `say` is told what is left unmeasured, and why.
    Raises HarnessError where a set cannot be read.
    """
    wanted, tokenizers = unmeasured_sets(work.plan, work.data, work.runs), readers(work.data, work.runs)
    readable = [phase for phase in wanted if tokenizers(origin(phase))]
    without = dict.fromkeys(slug(phase) for phase in wanted if not tokenizers(origin(phase)))
    if without:
        say(
            f"not measured: {', '.join(without)}: the tokenizer is not there yet; "
            "`harness data fetch` brings a published one, and a run trains the others first"
        )
    if readable:
        say(f"measuring the texts that {', '.join(dict.fromkeys(map(slug, readable)))} read")
        _launch(readable, work, launcher)


def _launch(phases: list[Train | Evaluate], work: Work, launcher: Launcher) -> None:
    work.runs.mkdir(parents=True, exist_ok=True)
    alone = Cluster("measuring", processes_per_node=1, threads_per_process=len(os.sched_getaffinity(0)))
    data = ("--data", str(work.data)) if work.data else ()
    log = work.runs / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-measure.log"
    with _listed(phases, work.runs) as file:
        command = launcher(("harness.worker.measure", *data, str(work.runs), str(file)), alone)
        with interruptible(), launched(command, log, work.runs) as launch:
            while (status := launch.wait(1.0)) is None:
                pass
    if status:
        raise HarnessError(f"{launch.last_error or f'measuring {ending(status)}'} (log: {log})")


@contextmanager
def _listed(phases: list[Train | Evaluate], runs: Path) -> Iterator[Path]:
    file = runs / ".cache" / f"measure-{uuid4().hex[:8]}.json"
    write_text(file, json.dumps([dump(phase) for phase in phases]))
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
