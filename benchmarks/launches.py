"""A measurement in a launch of its own: several processes, each of which leaves its numbers in a file."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.spec.cluster import Placement

OUT = "MEASURED_BELOW"  # tells a child where to leave its numbers


def launched(module: str, processes: int, *arguments: str) -> list[dict[str, Any]]:
    """What each process of `python -m module arguments`, launched `processes` times together, has left."""
    with tempfile.TemporaryDirectory() as folder:
        torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m", module]
        environment = {**os.environ, OUT: folder, "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu"}
        command = [sys.executable, "-m", *torchrun, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: failed\n{done.stderr[-3000:]}")
        return [json.loads(path.read_text()) for path in sorted(Path(folder).iterdir())]


def leave(rank: int, **numbers: float) -> None:
    """Hand the numbers of one process to the launch's parent."""
    (Path(os.environ[OUT]) / f"{rank}.json").write_text(json.dumps(numbers))


def placement(stage: int, processes: int, micro_batch: int = 1, checkpointing: bool = False) -> Placement:
    """A placement of `processes` on cpu with one micro-batch a step."""
    return Placement(
        "cpu", processes, stage, f"zero{stage}", micro_batch, 1, 1024, 600, None, checkpointing=checkpointing
    )
