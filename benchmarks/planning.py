"""How long a plan of ten thousand phases takes, as a whole command, without a bill and with one: the fastest of four.

python -m benchmarks.planning
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS = Path(__file__).parents[1] / "jobs"
SWEEP = """
name: planning
models: [xlm_r/base, xlm_r/large]
intermediate: [mnli, squad_v2, hellaswag, "mnli+squad_v2"]
epochs: [1, 2, 4, 8]
batch_size: [32, 64]
hold: epochs
seeds: {intermediate: [1, 2], target: [1, 2, 3, 4]}
targets: xtreme_r
"""
RUNS = 4
PLAN = "from harness.cli import main; main()"


def main() -> None:
    """Print seconds of whole commands."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Path(folder) / "planning.yaml"
        sweep.write_text(SWEEP)
        start, _ = _timed(folder, "import harness.cli")
        print(f"the imports alone: {start:.2f} s")
        for cluster in ("local", "h100_8"):
            asked = ["plan", str(sweep), "--runs", folder, "--cluster", str(JOBS / "clusters" / f"{cluster}.yaml")]
            seconds, told = _timed(folder, PLAN, *asked, "--json")
            phases = len(json.loads(told)["phases"])
            printed, _ = _timed(folder, PLAN, *asked)
            print(
                f"{cluster}: {phases:,} phases in {seconds:.2f} s as JSON, {printed:.2f} s as tables; "
                f"{seconds / start:.1f} and {printed / start:.1f} times the imports alone"
            )


def _timed(folder: str, program: str, *arguments: str) -> tuple[float, str]:
    """The fastest of some runs of a command whose modules are compiled, as they are from a user's second run on."""
    compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
    line, found = [sys.executable, "-c", program, *arguments], []
    for _ in range(RUNS):
        began = time.perf_counter()
        told = subprocess.run(line, capture_output=True, text=True, check=True, env=compiled)
        found.append((time.perf_counter() - began, told.stdout))
    return min(found)


if __name__ == "__main__":
    main()
