"""Launches through a Slurm that is played: their batch scripts, and the jobs in its queue."""

import json
from pathlib import Path
from typing import Any

from harness.run.launch import slurm as launcher
from harness.run.scripts import left
from harness.spec.cluster import Cluster

WORKER = ("harness.worker", "--owner", "me", "/runs/a", "/runs/b")


def script(tmp_path: Path, cluster: Cluster) -> Path:
    """A batch script of one launch, where a run folder would have it."""
    left(launcher.command(WORKER, cluster), tmp_path, "one")
    return tmp_path / "launches" / "one.sbatch"


def jobs(queue: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(queue.glob("*.job"))}
