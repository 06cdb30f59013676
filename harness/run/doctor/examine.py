"""The launch of `harness doctor`: all processes of the cluster look around, and measure what they can do."""

import time
from dataclasses import dataclass
from pathlib import Path

from harness.files.ceiling import FILE, Ceiling, read_ceiling
from harness.files.survey import FILE as SURVEY
from harness.files.survey import Survey, read_survey
from harness.run import scripts
from harness.run.child import Launcher, ending, launched
from harness.run.stop import interruptible
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

LONGEST = 600.0  # seconds


@dataclass(frozen=True)
class Examined:
    """What the processes found, and what they measured, which is None if they were not asked to."""

    survey: Survey
    ceiling: Ceiling | None
    seconds: float


def examine(runs: Path, cluster: Cluster, launcher: Launcher, quick: bool = False) -> Examined:
    """Launch on all of `cluster`; what was measured stays below `runs`, for plans and reports.

    Raises HarnessError where the launch cannot be made, fails, takes too long, or leaves nothing here.
    """
    runs.mkdir(parents=True, exist_ok=True)
    (runs / SURVEY).unlink(missing_ok=True)
    options = ("--accelerator", cluster.accelerator, *(("--quick",) if quick else ()))
    log = runs / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-doctor.log"
    began = time.monotonic()
    command = launcher(("harness.worker.doctor", *options, str(runs)), cluster)
    with interruptible(), launched(scripts.left(command, runs, log.stem), log, runs) as launch:
        status = launch.wait(LONGEST)
    if status != 0:
        why = launch.last_error or ("it took too long" if status is None else f"it {ending(status)}")
        raise HarnessError(f"cluster '{cluster.name}': could not be looked at: {why} (log: {log})")
    survey, ceiling = read_survey(runs), None if quick else read_ceiling(runs)
    if survey is None or (ceiling is None and not quick):
        left = runs / (SURVEY if survey is None else FILE)
        raise HarnessError(
            f"cluster '{cluster.name}': the launch ended well, but {left} is not there: its first process has another "
            f"folder at this path (log: {log})"
        )
    return Examined(survey, ceiling, time.monotonic() - began)
