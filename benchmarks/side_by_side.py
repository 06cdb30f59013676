"""Phases per node-hour: each phase on all processes of a node, against one launch for each process, side by side.

`python -m benchmarks.side_by_side` runs a small part of the demo twice with `harness run`, on a cluster of as many
processes as there are cores: once as one launch, once with `accelerators_per_phase: 1`. The phases are the same by id.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.files.layout import folders
from harness.spec import yaml_text

DEMO = Path("jobs/demo.yaml")
PROCESSES = os.cpu_count() or 1
WAYS: dict[str, dict[str, Any]] = {"all processes on each phase": {}, "one process each": {"accelerators_per_phase": 1}}


def main() -> None:
    """Run both, and print their rates and the ratio."""
    rates = {}
    for name, setting in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            phases, seconds = _run(Path(folder), setting)
        rates[name] = 3600 * phases / seconds
        print(f"{name:28} {phases} phases in {seconds:5.0f} s: {rates[name]:6,.0f} phases per node-hour", flush=True)
    alone, beside = rates.values()
    print(f"one process each does {beside / alone:.2f} times as many on {PROCESSES} cores")


def _run(folder: Path, setting: dict[str, Any]) -> tuple[int, float]:
    cluster = {"name": "node", "processes_per_node": PROCESSES, **setting}
    sweep, file = folder / "part.yaml", folder / "node.yaml"
    sweep.write_text(json.dumps(_part()))  # JSON is YAML, too
    file.write_text(json.dumps(cluster))
    runs = folder / "runs"
    line = [sys.executable, "-m", "harness.cli", "run", str(sweep), "--runs", str(runs), "--cluster", str(file)]
    began = time.monotonic()
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return sum(each.done for each in folders(runs)), time.monotonic() - began


def _part() -> dict[str, Any]:
    """The demo with a short pretraining, two intermediate tasks, and two seeds."""
    sweep = yaml_text.parse(DEMO.read_text())
    sweep |= {"epochs": [1], "batch_size": [32], "controls": [], "seeds": {"target": [1, 2]}}
    sweep["models"][0]["pretrain"]["duration"]["amount"] = 200
    del sweep["cluster"]
    return dict(sweep)


if __name__ == "__main__":
    main()
