"""What a phase's batches cost: features become the numbers that harness/plan/network/flops.py counts with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.files.layout import folder_of
from harness.plan.network.flops import Batch, Head, Pass, batch_cost
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture
from harness.spec.phase import Train, matched
from harness.spec.record import Cost
from harness.spec.task import Data
from harness.worker.format import Feature, find
from harness.worker.network import HeadSpec


class Accountant:
    """Counts the batches of one phase on one architecture."""

    def __init__(self, architecture: Architecture, heads: Mapping[str, HeadSpec], sets: Sequence[Data]) -> None:
        self._architecture = architecture
        formats = {data.task: data.format for data in sets}
        self._heads = {name: Head(formats[name], spec.classes) for name, spec in heads.items()}
        self._every_token = {data.task: find(data.format).every_token for data in sets}
        self._in_groups = {data.task: find(data.format).group is not None for data in sets}

    def cost(self, task: str, features: Sequence[Feature], through: Pass, weighty: bool = True) -> Cost:
        """The cost of one micro-batch of `task`."""
        lengths = [len(tokens) for feature in features for tokens in feature.sequences]
        positions = sum(len(feature.positions) * len(feature.sequences) for feature in features)
        every = self._every_token[task]
        batch = Batch(
            examples=sum(len(feature.targets) for feature in features) if self._in_groups[task] else len(features),
            lengths=lengths,
            padded_length=max(lengths),
            head=task if task in self._heads else None,
            positions=sum(lengths) if every else positions,
            padded_positions=len(lengths) * max(lengths) if every else positions,
            weighty=weighty,
        )
        return batch_cost(self._architecture, self._heads, batch, through)


def matched_flops(phase: Train, runs: Path) -> int:
    """Model FLOPs of the stages that `phase` spends again; raises HarnessError where one has no record."""
    total = 0
    for stage in matched(phase):
        record = folder_of(runs, stage).record()
        if record is None:
            raise HarnessError(f"{folder_of(runs, stage).path.name}: has no record, so its FLOPs are unknown")
        total += record.cost.model
    return total
