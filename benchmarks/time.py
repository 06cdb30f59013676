"""Predicted against measured time of a step, after calibration by twenty steps, by the project's own worker.

`python -m benchmarks.time` measures the machine as `harness doctor` does, and takes one and two processes for two
clusters, since two share its caches and memory. Calibrations and the configurations that they are to tell are measured
in three rounds in changing order: a machine that others use, too, is slower for seconds or minutes, so a step's time is
the lower quartile over all rounds, the first steps of each left out. Twenty steps (in each round) of a small masked
language model tell the FLOP/s that a process achieves, and on two processes twenty under ZeRO-3 what gathering takes
besides. From these, and from the FLOPs of a step as they are counted, it tells the steps of other batches, lengths,
ZeRO stages, offload, accumulation and checkpointing of the same model.
"""

import json
import random
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.files import journal
from harness.files.layout import PhaseFolder, folder_of
from harness.plan.memory.peak import memory
from harness.plan.places.ds_config import render
from harness.plan.places.placement import Choice, Setting, placed
from harness.plan.places.rates import Peak, Rates, calibrated, with_overhead
from harness.plan.places.step_time import StepTime, step_time
from harness.plan.places.strategies import concrete
from harness.run.child import launched, phases
from harness.run.doctor.examine import examine
from harness.run.launch.torchrun import command
from harness.run.store import prepare
from harness.spec.cluster import Cluster, Hardware
from harness.spec.model import Architecture, Scratch, TrainTokenizer
from harness.spec.phase import AnyPhase, Train
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.task import Data

ARCHITECTURE = Architecture("xlm_r", 4, 384, 6, 6, 1536, 1000, 512)
LANGUAGE, LINES, WORDS = "en", 40, 12_000
CALIBRATION, STEPS, FIRST = 20, 8, 2
ROUNDS = 3
LONGEST = 900.0  # seconds of a launch
LIMIT = 0.25


@dataclass(frozen=True)
class Case:
    """One configuration of the model."""

    batch: int = 16
    length: int = 64
    strategy: str = "zero1"
    processes: int = 1
    micro_batch: int = 64
    checkpointing: bool = False
    steps: int = STEPS

    @property
    def name(self) -> str:
        """In a row's words."""
        more = [f"micro-batch {self.micro_batch}"] if self.micro_batch < self.batch // self.processes else []
        more += ["checkpointing"] if self.checkpointing else []
        return ", ".join([f"{self.strategy} on {self.processes}, batch {self.batch} x {self.length}", *more])


PLAIN = {processes: Case(steps=CALIBRATION, processes=processes) for processes in (1, 2)}
GATHERING = Case(steps=CALIBRATION, processes=2, strategy="zero3")
OTHERS = (
    Case(batch=8),
    Case(batch=32),
    Case(length=32),
    Case(length=128),
    Case(micro_batch=4),
    Case(checkpointing=True),
    Case(strategy="zero0"),
    Case(strategy="zero2"),
    Case(strategy="zero3"),
    Case(strategy="zero3_offload"),
    Case(processes=2, strategy="zero0"),
    Case(processes=2, strategy="zero2"),
    Case(processes=2, strategy="zero3", batch=32),
    Case(processes=2, strategy="zero3", length=128),
    Case(processes=2, strategy="zero3", batch=32, micro_batch=8),
    Case(processes=2, length=128),
)
CASES = (*PLAIN.values(), GATHERING, *OTHERS)


@dataclass(frozen=True)
class Placed:
    """A case as a phase on its part of the machine."""

    phase: Train
    choice: Choice
    cluster: Cluster


class Bench:
    """A run folder with the text, the strategies and the machine's measured rates."""

    def __init__(self, runs: Path) -> None:
        """Write the text and measure the machine."""
        self.runs = runs
        self.strategies = {path.stem: json.loads(path.read_text()) for path in Path("ds_configs").glob("*.json")}
        ceiling = examine(runs, Cluster("doctor", processes_per_node=2), command).ceiling
        assert ceiling is not None  # it was not asked to be quick
        self.ceiling = ceiling
        self.hardware = Hardware("cpu", 8.0, memory_gb=8.0, link_gb_s=(self.ceiling.all_reduce or 1e9) / 1e9)
        self.text = _written(runs)
        self.tokenizer = TrainTokenizer("words", ARCHITECTURE.vocabulary, (self.text,))

    def placed(self, turn: int, case: Case) -> Placed:
        """The phase of a case in a round; its seed is its own, since cases that differ in place alone are one phase."""
        number = turn * len(CASES) + CASES.index(case)
        masked = catalog_data.dataset("mlm", "train", (), text=(self.text,))
        recipe = Recipe(Duration("steps", float(case.steps)), case.batch, 1e-4, number, dropout=0.0)
        recipe = replace(recipe, window=Window(case.length))
        phase = Train(Scratch(ARCHITECTURE, self.tokenizer, 0), (masked,), recipe, "pretrain")
        cluster = Cluster(
            "here", processes_per_node=case.processes, max_micro_batch=case.micro_batch, hardware=self.hardware
        )
        options = concrete(self.strategies[case.strategy], phase, cluster)
        place = placed(phase, Setting(case.strategy, options, cluster, case.checkpointing))
        place = replace(place, data_folder=str(self.runs))
        choice = Choice(case.strategy, options, place, case.processes, memory(phase, place, options), "")
        return Placed(phase, choice, cluster)

    def measured(self, each: Sequence[Placed]) -> list[list[float]]:
        """Seconds of the steps of each, in one launch on the processes that they share."""
        first = each[0]
        folders = [self._prepared(self.tokenizer, first)] if not self._tokenized else []
        folders += [self._prepared(one.phase, one) for one in each]
        worker = phases([folder.path for folder in folders], "benchmark")
        with launched(command(worker, first.cluster), self.runs / "launch.log", self.runs) as launch:
            if launch.wait(LONGEST) != 0:
                raise SystemExit("\n".join(launch.last_lines))
        return [_step_seconds(folder_of(self.runs, one.phase)) for one in each]

    def flops(self, one: Placed) -> float:
        """Hardware FLOPs of a step, as its record counts them: predicting them is not tried here."""
        record = folder_of(self.runs, one.phase).record()
        assert record is not None
        return record.cost.hardware / record.cost.steps

    def told(self, one: Placed, rates: Rates) -> StepTime:
        """What `rates` tell of a step."""
        return step_time(one.phase, self.flops(one), one.choice, one.cluster, rates)

    @property
    def _tokenized(self) -> bool:
        return folder_of(self.runs, self.tokenizer).done

    def _prepared(self, phase: AnyPhase, one: Placed) -> PhaseFolder:
        folder, place = folder_of(self.runs, phase), one.choice.placement
        prepare(folder, phase, place, render(phase, place, one.choice.options))
        return folder


def main() -> None:
    """Measure, predict, and print both."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        steps: dict[Case, list[float]] = {case: [] for case in CASES}
        for turn in range(ROUNDS):
            for processes in PLAIN:
                cases = [case for case in CASES if case.processes == processes]
                cases = cases[turn * len(cases) // ROUNDS :] + cases[: turn * len(cases) // ROUNDS]
                taken = bench.measured([bench.placed(turn, case) for case in cases])
                for case, seconds in zip(cases, taken, strict=True):
                    steps[case] += seconds
        measured = {case: statistics.quantiles(seconds)[0] for case, seconds in steps.items()}
        ceiling = bench.ceiling
        print(
            f"matrix products reach {ceiling.matmul_fp32 / 1e9:.1f} GFLOP/s, memory {ceiling.bandwidth / 1e9:.1f} GB/s"
        )
        _table(bench, measured, {processes: _calibrated(bench, measured, processes) for processes in PLAIN})


def _calibrated(bench: Bench, measured: Mapping[Case, float], processes: int) -> Rates:
    ceiling = bench.ceiling
    peak = Peak(ceiling.matmul_fp32, ceiling.bandwidth)
    guess = Rates(*peak, "harness doctor", peak, host=ceiling.bandwidth)
    known, seconds = bench.placed(0, PLAIN[processes]), measured[PLAIN[processes]]
    where = f"{ROUNDS} times {CALIBRATION} steps"
    found = calibrated(guess, bench.flops(known) / processes, seconds, bench.told(known, guess).besides, where)
    print(f"{PLAIN[processes].name}: {1000 * seconds:.0f} ms a step; {found.source}")
    if GATHERING.processes != processes:
        return found
    known, seconds = bench.placed(0, GATHERING), measured[GATHERING]
    micro_batches = known.choice.placement.accumulation
    found = with_overhead(found, seconds, bench.told(known, found).seconds, micro_batches)
    print(f"{GATHERING.name}: {1000 * seconds:.0f} ms a step, {1000 * found.overhead:.0f} ms of them unexplained")
    return found


def _table(bench: Bench, measured: Mapping[Case, float], rates: Mapping[int, Rates]) -> None:
    print(f"\n{'configuration':46} {'measured':>9} {'predicted':>10} {'error':>7}")
    errors = []
    for case in OTHERS:
        told, seconds = bench.told(bench.placed(0, case), rates[case.processes]), measured[case]
        errors.append(told.seconds / seconds - 1)
        print(
            f"{case.name:46} {1000 * seconds:6.0f} ms {1000 * told.seconds:7.0f} ms {errors[-1]:+7.0%}   {_parts(told)}"
        )
    within, median = sum(abs(error) <= LIMIT for error in errors), statistics.median(map(abs, errors))
    print(f"{within} of {len(errors)} within {LIMIT:.0%}; median error {median:.0%}, worst {max(errors, key=abs):+.0%}")


def _parts(told: StepTime) -> str:
    return " + ".join(f"{name} {1000 * seconds:.0f}" for name, seconds in asdict(told).items() if seconds)


def _written(runs: Path) -> Data:
    """Texts much longer than any window, so that nearly every feature is as long as its window."""
    draw = random.Random(0)
    words = [f"w{number}" for number in range(ARCHITECTURE.vocabulary - 20)]
    folder = runs / "text"
    folder.mkdir()
    lines = (" ".join(draw.choices(words, k=WORDS)) for _ in range(LINES))
    (folder / f"{LANGUAGE}.txt").write_text("\n".join(lines) + "\n")
    return catalog_data.pin(catalog_data.dataset("text", "train", (LANGUAGE,)), runs)


def _step_seconds(folder: PhaseFolder) -> list[float]:
    """Those of the steps after the first ones."""
    told: list[float] = [event["seconds"] for event in journal.read(folder.journal_file) if event["event"] == "step"]
    return [after - before for before, after in pairwise(told[FIRST - 1 :])]


if __name__ == "__main__":
    main()
