"""How long a plan of ten thousand phases takes, with its bill, beside Python's own start and the imports.

python -m benchmarks.planning
"""

import json
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
epochs: [1, 2, 4]
batch_size: [32, 64, 128]
hold: epochs
seeds: {intermediate: [1, 2], target: [1, 2, 3, 4]}
targets: xtreme_r
"""
PLAN = "from harness.cli import main; main()"


def main() -> None:
    """Print seconds of whole commands."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Path(folder) / "planning.yaml"
        sweep.write_text(SWEEP)
        start, _ = _timed("import harness.cli")
        for cluster in ("local", "h100_8"):
            asked = ["plan", str(sweep), "--runs", folder, "--cluster", str(JOBS / "clusters" / f"{cluster}.yaml")]
            seconds, told = _timed(PLAN, *asked, "--json")
            phases = len(json.loads(told)["phases"])
            print(f"{cluster}: {phases:,} phases in {seconds:.2f} s, {seconds / start:.1f} times the import alone")


def _timed(program: str, *arguments: str) -> tuple[float, str]:
    """The faster of two runs of a command, and what it printed."""
    found = []
    for _ in range(2):
        began = time.perf_counter()
        told = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        found.append((time.perf_counter() - began, told.stdout))
    return min(found)


if __name__ == "__main__":
    main()
