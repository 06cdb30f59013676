"""What `benchmarks.memory` measures: phases of random models, small enough for one host, and their placements."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder
from harness.plan.memory.peak import Memory, memory
from harness.plan.memory.states import states
from harness.plan.network.counts import counts
from harness.plan.places.ds_config import render
from harness.spec.cluster import Placement
from harness.spec.model import Architecture, Scratch, TrainTokenizer
from harness.spec.phase import Train
from harness.spec.recipe import Duration, LoRA, Precision, Recipe, Window
from harness.spec.task import Data, Format, Part

STRATEGIES = Path(__file__).resolve().parents[1] / "ds_configs"
DEEP = Architecture("xlm_r", 4, 1024, 16, 16, 4096, 20_000)
WIDE = Architecture("xlm_r", 3, 1536, 12, 12, 6144, 25_000)
NINE = Architecture("xlm_r", 9, 1024, 16, 16, 4096, 14_000)
MANY = Architecture("xlm_r", 12, 1280, 20, 20, 5120, 10_000)
WORDY = Architecture("xlm_r", 3, 768, 12, 12, 3072, 90_000)
CAUSAL = Architecture("llama", 4, 1024, 16, 4, 3584, 24_000, gated=True, bidirectional=False)
NARROW = {  # what of a layer stands gathered, and what the step works on, is kept small
    "stage3_max_reuse_distance": 20_000_000,
    "stage3_prefetch_bucket_size": 5_000_000,
    "reduce_bucket_size": 5_000_000,
    "sub_group_size": 10_000_000,
}
RECIPE = Recipe(Duration("steps", 1.0), 1, 1e-5, seed=0, dropout=0.0)


@dataclass(frozen=True)
class Case:
    """A phase of one task under a strategy of ds_configs/, with some of its options changed."""

    strategy: str
    processes: int
    architecture: Architecture
    micro_batch: int = 4
    length: int = 64
    precision: Precision = "fp32"
    format: Format = "pair"
    checkpointing: bool = False
    lora: LoRA | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What tells it from the others."""
        more = [self.format, *(["LoRA"] if self.lora else []), *(["checkpointing"] if self.checkpointing else [])]
        model = self.architecture
        shape = f"{model.layers} x {model.hidden}, {model.vocabulary // 1000}k"
        return f"{self.strategy} on {self.processes}, {self.precision}, {' '.join(more)}, {shape}"

    @property
    def zero(self) -> dict[str, Any]:
        """The DeepSpeed options."""
        said: dict[str, Any] = json.loads((STRATEGIES / f"{self.strategy}.json").read_text())
        return {**said, "zero_optimization": {**said["zero_optimization"], **self.options}}

    @property
    def placement(self) -> Placement:
        """On cpu, a micro-batch a step."""
        stage = self.zero["zero_optimization"]["stage"]
        return Placement(
            "cpu",
            self.processes,
            stage,
            self.strategy,
            self.micro_batch,
            1,
            8192,
            600,
            checkpointing=self.checkpointing,
        )

    @property
    def phase(self) -> Train:
        """The training of one set that nobody reads."""
        labels = ("a", "b", "c") if self.format == "pair" else ()
        data = Data("made up", 1, self.format, "train", (Part("en"),), labels)
        model = Scratch(self.architecture, TrainTokenizer("words", self.architecture.vocabulary, (data,)), 0)
        recipe = replace(
            RECIPE,
            batch_size=self.processes * self.micro_batch,
            precision=self.precision,
            window=Window(max_length=self.length),
            lora=self.lora,
        )
        return Train(model, (data,), recipe, "target")

    def states(self) -> int:
        """Bytes of the model states of one process, as the ZeRO paper counts them."""
        count, place = counts(self.phase), self.placement
        return sum(states(count.trained, count.frozen, self.precision, place.stage, place.world_size))

    def kept(self) -> int:
        """Those of them that wait from step to step: DeepSpeed lets gradients go at the stages that gather none."""
        count, place, zero = counts(self.phase), self.placement, self.zero["zero_optimization"]
        held = states(count.trained, count.frozen, self.precision, place.stage, place.world_size)
        waits = place.stage == 3 or (place.stage == 2 and "offload_optimizer" in zero)
        return sum(held) - (0 if waits else held.gradients)

    def predicted(self) -> Memory:
        """The plan's memory."""
        return memory(self.phase, self.placement, self.zero)

    def lay_out(self, path: Path) -> None:
        """Write what a launch reads."""
        folder = PhaseFolder(path)
        write_json(folder.phase_file, self.phase)
        write_json(folder.placement_file, self.placement)
        write_json(folder.ds_config_file, render(self.phase, self.placement, self.zero))


FITTED = (Case("zero0", 1, DEEP), Case("zero2", 2, DEEP), Case("zero3", 2, DEEP))
FALLING = (  # the same model at every stage, on more and more processes
    Case("zero3", 1, DEEP),
    Case("zero1", 2, DEEP),
    Case("zero1", 4, DEEP, micro_batch=1),
    Case("zero2", 4, DEEP, micro_batch=1),
    Case("zero3", 4, DEEP, micro_batch=1, options={"stage3_max_reuse_distance": 20_000_000}),
)
JUDGED = (
    Case("zero0", 2, DEEP, micro_batch=8, length=128),
    Case("zero1", 2, WORDY, format="mlm"),
    Case("zero1_offload", 2, WORDY),
    Case("zero2", 2, WIDE, length=128),
    Case("zero2_offload", 1, CAUSAL),
    Case("zero3", 2, NINE, length=128, options={"sub_group_size": 40_000_000}),
    Case("zero3_offload", 2, WIDE, micro_batch=2),
    Case("zero3", 4, MANY, micro_batch=1, length=16, precision="bf16", options=NARROW),
    Case("zero0", 1, MANY, length=128, checkpointing=True, lora=LoRA(16, 32.0)),
)
