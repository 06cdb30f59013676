"""Predicted beside measured peak memory of each process, for ZeRO 0-3 and offload on 1, 2 and 4 processes on cpu.

`python -m benchmarks.memory` fits two constants, what a process takes by itself and what it takes more among several,
on three configurations and judges them on the others. The peak is of the resident set over three steps and the storing
of the weights, glibc being told to give back what is freed; its own habits are in the margin, which is left out here
and measured at the end. `kept` are the states that wait from step to step, by
the paper, and as measured without the constants and what DeepSpeed holds besides.
"""

import math
import os
import sys
import tempfile
from itertools import chain
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.launches import launched, leave
from benchmarks.memory_cases import FALLING, FITTED, JUDGED, Case
from harness.files.layout import PhaseFolder
from harness.plan.memory.engine_memory import lasting
from harness.plan.memory.memory_constants import CPU
from harness.plan.memory.peak import engine_of
from harness.spec.phase import Train, architecture
from harness.worker import weights
from harness.worker.engine import training_engine
from harness.worker.library import Library
from harness.worker.loading import fill
from harness.worker.longest import longest_batch
from harness.worker.meter import Meter
from harness.worker.network import head_specs
from harness.worker.session import open_session
from harness.worker.train import network_of, slots_of, step_on
from harness.worker.work import Work, read_config, read_placement

STEPS = 3  # ZeRO-3 learns in the first which parameters come next, and fetches ahead from the second on
GIVING_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
GB = 1e9


class Measured(NamedTuple):
    """Bytes of the fullest process: at its peak, and after a step."""

    peak: int
    resting: int


class Fit(NamedTuple):
    """Bytes that a process takes by itself, and more among several."""

    base: float
    group: float

    def of(self, case: Case) -> float:
        """Those of one process of `case`."""
        return self.base + (self.group if case.processes > 1 else 0.0)


def main() -> None:
    """Measure, fit, judge and print."""
    wanted = sys.argv[1:]
    fitted = [(case, measured(case)) for case in FITTED]
    fit = fitted_to(fitted)
    table = Table(title=f"fitted: base {fit.base / GB:.3f} GB, group {fit.group / GB:.3f} GB")
    for name in ("configuration", "states", "kept", "measured", "peak", "measured", "error"):
        table.add_column(name, justify="left" if name == "configuration" else "right")
    judged = ((case, measured(case)) for case in (*JUDGED, *FALLING) if not wanted or case.strategy in wanted)
    console = Console(width=130)
    for case, found in chain(fitted, judged):
        row = _row(case, found, fit)
        console.print("  ".join(row))
        table.add_row(*row, end_section=case in (FITTED[-1], JUDGED[-1]))
    console.print(table)
    console.print(f"in plan/memory/memory_constants.py: base {CPU.base / GB:.3f} GB, group {CPU.group / GB:.3f} GB")
    for case in (FITTED[0], FITTED[-1]):
        extra = measured(case, {}).peak / next(found for other, found in fitted if other is case).peak - 1
        console.print(f"with glibc as it is by itself, {case.name} takes {extra:+.1%}")


def measured(case: Case, environment: dict[str, str] | None = None) -> Measured:
    """What a launch of `case` took."""
    known = {key: value for key, value in os.environ.items() if key not in GIVING_BACK}
    os.environ.clear()
    os.environ.update({**known, **(GIVING_BACK if environment is None else environment)})
    with tempfile.TemporaryDirectory() as folder:
        case.lay_out(Path(folder))
        ranks = launched("benchmarks.memory", case.processes, "child", folder)
    return Measured(*(int(max(rank[key] for rank in ranks)) for key in Measured._fields))


def fitted_to(pairs: list[tuple[Case, Measured]]) -> Fit:
    """The constants that explain what is measured beyond what is predicted."""
    beyond = [(case.processes > 1, found.peak - _taken(case)) for case, found in pairs]
    base = mean(rest for several, rest in beyond if not several)
    return Fit(base, mean(rest for several, rest in beyond if several) - base)


def _taken(case: Case) -> int:
    predicted = case.predicted()
    return predicted.taken + predicted.host  # a cpu has one memory for both


def _row(case: Case, found: Measured, fit: Fit) -> tuple[str, ...]:
    besides = lasting(engine_of(case.phase, case.placement, case.zero))
    kept, predicted = found.resting - fit.of(case) - sum(besides), _taken(case) + fit.of(case)
    numbers = [f"{size / GB:.2f}" for size in (case.states(), case.kept(), kept, predicted, found.peak)]
    return case.name, *numbers, f"{predicted / found.peak - 1:+.1%}"


def child(folder: PhaseFolder) -> None:
    """Train in one process of a launch on made-up batches, and leave what it took."""
    phase, placement = folder.phase(), read_placement(folder)
    assert isinstance(phase, Train)
    with open_session(placement) as session:
        work = Work(session, folder, placement, read_config(folder), Library(None), None)
        meter = Meter(session.device)
        network = network_of(phase, head_specs(phase.data, architecture(phase)), work)
        fill(network, phase, weights.shards_for(phase, work.runs, work.data), work)
        batch = longest_batch(phase.data[0], phase)
        with training_engine(network, work.config) as engine:
            for _ in range(STEPS):
                taken = step_on(engine, batch, slots_of(batch, work), phase.recipe.learning_rate, work, 1)
                assert math.isfinite(taken.loss), "DeepSpeed leaves out such a step, and its optimizer states"
            resting = psutil.Process().memory_info().rss
            weights.save(network, folder.weights, session.first)
        leave(session.rank, peak=meter.peak_memory, resting=resting)


if __name__ == "__main__":
    child(PhaseFolder(Path(sys.argv[2]))) if sys.argv[1:2] == ["child"] else main()
