"""Many kills: a sweep under random kills of ranks, launchers and conductor, over and over, until there were enough.

`python -m benchmarks.chaos [--kills 1000] [--seed 0] [--side-by-side 2]` prints how long it took until work went on
after a kill, and that every phase of every round was done exactly once with the outputs of an undisturbed round. Rounds
go side by side, each in a run folder of its own, on one process, so that cores are not idle while others import torch.
"""

import argparse
import statistics
import subprocess
import tempfile
import threading
from collections import Counter
from pathlib import Path

from harness.files.layout import folders
from tests.faults.chaos import KINDS, Chaos, ends, line, progress

SWEEP = Path("tests/end_to_end/small.yaml")
CLUSTER = "{name: local, processes_per_node: 1, threads_per_process: 1, checkpoint_interval_s: 1}\n"
A_ROUND = 40  # kills


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.chaos")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side-by-side", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _fire(Path(folder), options)


def _fire(folder: Path, options: argparse.Namespace) -> None:
    (folder / "clusters").mkdir()
    (folder / "clusters" / "local.yaml").write_text(CLUSTER)
    sweep = folder / "small.yaml"
    sweep.write_text(SWEEP.read_text())
    subprocess.run(line(sweep, folder / "calm"), check=True, stdout=subprocess.DEVNULL)
    expected = outputs(folder / "calm")
    done: list[Chaos] = []
    lock = threading.Lock()

    def hand(number: int) -> None:
        while sum(each.kills.total() for each in done) < options.kills:
            with lock:
                seed = options.seed + len(done)
                chaos = Chaos(seed, progress(folder / "calm") / A_ROUND)
                done.append(chaos)
            runs = folder / f"runs-{seed}"
            status = chaos.under_fire(line(sweep, runs), runs, A_ROUND, folder / f"log-{seed}")
            same = status == 0 and outputs(runs) == expected and set(ends(runs).values()) == {1}
            print(f"seed {seed}: {dict(chaos.kills)}, every phase once and as undisturbed: {same}", flush=True)

    hands = [threading.Thread(target=hand, args=(number,)) for number in range(options.side_by_side)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    _tell(done)


def _tell(done: list[Chaos]) -> None:
    kills: Counter[str] = sum((chaos.kills for chaos in done), Counter())
    print(f"{kills.total()} kills: {', '.join(f'{count} of a {kind}' for kind, count in sorted(kills.items()))}")
    everything: list[float] = []
    for kind in KINDS:
        recoveries = [seconds for chaos in done for seconds in chaos.recoveries[kind]]
        everything += recoveries if kind != "conductor" else []  # its launches go on
        print(f"work went on after the end of a {kind}: {_quantiles(recoveries)}")
    print(f"after a rank or launcher: {_quantiles(everything)}")


def _quantiles(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    if not ranked:
        return "never seen"
    late = ranked[min(len(ranked) - 1, round(0.99 * len(ranked)))]
    middle = statistics.median(ranked)
    return f"{middle:.1f} s (median of {len(ranked)}), {late:.1f} s (99th percentile), {ranked[-1]:.1f} s (longest)"


def outputs(runs: Path) -> dict[str, object]:
    """What every phase left, by folder."""
    records = {folder.path.name: folder.record() for folder in folders(runs)}
    return {name: found and (found.outputs, found.cost.model, found.cost.steps) for name, found in records.items()}


if __name__ == "__main__":
    main()
