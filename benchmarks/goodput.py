"""Goodput under injected failures: the time of steps that counted, over the time that a phase took.

`python -m benchmarks.goodput [--steps 5000] [--between 20 60] [--seed 0]` pretrains the demo's model by `harness run`
while its processes are killed at random times, exponentially distributed. What goodput would be where failures are
rarer is computed from what a failure and a checkpoint cost.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.files.layout import PhaseFolder, folders
from harness.spec import yaml_text
from harness.spec.record import Record
from tests.faults.chaos import Chaos, line

DEMO = Path("jobs/demo.yaml")
CLUSTER = {"name": "node", "processes_per_node": 2, "checkpoint_interval_s": 600.0}
PHASE = "pretrain-*"


def main() -> None:
    """Print the figures of an undisturbed phase, then of one under each time between failures."""
    parser = argparse.ArgumentParser(prog="benchmarks.goodput")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--between", type=float, nargs="+", default=[20.0, 60.0], metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for between in (math.inf, *options.between):
        with tempfile.TemporaryDirectory() as folder:
            runs = Path(folder) / "runs"
            chaos = Chaos(options.seed, 0.0, ("rank",))
            _pretrained(_sweep(Path(folder), options.steps, between), runs, between, chaos)
            _tell(between, chaos, next(each for each in folders(runs) if each.path.match(f"*-{PHASE}")))


def _sweep(folder: Path, steps: int, between: float) -> Path:
    """The demo with as many steps of pretraining, on a cluster that knows how often it fails."""
    sweep = dict(yaml_text.parse(DEMO.read_text()))
    sweep["models"][0]["pretrain"]["duration"]["amount"] = steps
    failing = {} if math.isinf(between) else {"node_hours_between_failures": between / 3600}
    (folder / "clusters").mkdir()
    (folder / "clusters" / "node.yaml").write_text(json.dumps({**CLUSTER, **failing}))
    (folder / "part.yaml").write_text(json.dumps({**sweep, "cluster": "node"}))  # JSON is YAML, too
    return folder / "part.yaml"


def _pretrained(sweep: Path, runs: Path, between: float, chaos: Chaos) -> None:
    """Run until the model is pretrained, killing processes on the way."""
    chance = random.Random(chaos.seed)
    child = subprocess.Popen(line(sweep, runs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and not list(runs.glob(f"*-{PHASE}/record.json")):
        wait = math.inf if math.isinf(between) else chance.expovariate(1 / between)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline and not list(runs.glob(f"*-{PHASE}/record.json")):
            time.sleep(0.05)
        if time.monotonic() >= deadline:
            chaos.volley(chance, child, runs, again=0.0)
    child.terminate()
    child.wait()


def _tell(between: float, chaos: Chaos, phase: PhaseFolder) -> None:
    events = [json.loads(line) for line in phase.journal_file.read_text().splitlines()]
    record = phase.record()
    assert record
    wall = events[-1]["time"] - events[0]["time"]
    how = "undisturbed" if math.isinf(between) else f"killed every {between:.0f} s"
    print(f"{how}: {record.cost.steps} steps in {wall:.0f} s, goodput {record.cost.seconds / wall:.1%}", flush=True)
    if chaos.kills:
        _tell_costs(events, record, wall, chaos)


def _tell_costs(events: list[dict[str, Any]], record: Record, wall: float, chaos: Chaos) -> None:
    taken = [event["seconds"] for event in events if event["event"] == "checkpoint"]
    cost, recovery = sum(taken) / len(taken), statistics.median(chaos.recoveries["rank"])
    print(
        f"    {chaos.kills.total()} kills, median recovery {recovery:.1f} s, {record.repeated_steps} steps repeated, "
        f"{len(taken)} checkpoints of {cost * 1e3:.0f} ms: {sum(taken) / wall:.2%} of the time"
    )
    for hours in (0.25, 1.0):
        interval = min(600.0, math.sqrt(2 * cost * hours * 3600))
        lost = (recovery + interval / 2) / (hours * 3600) + cost / interval
        print(f"    computed for a failure every {hours:g} h: {1 - lost:.1%}, a checkpoint every {interval:.0f} s")


if __name__ == "__main__":
    main()
