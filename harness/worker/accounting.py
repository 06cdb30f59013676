"""What a phase's batches cost: features become the numbers that harness/plan/flops.py counts with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.files.layout import folder_of
from harness.plan.flops import FORWARD_AND_BACKWARD, Batch, Head, batch_cost
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture
from harness.spec.phase import Train, lineage
from harness.spec.record import Cost
from harness.spec.task import Data
from harness.worker.data import Encoded
from harness.worker.format import Feature, find
from harness.worker.formats.mlm import masked_count
from harness.worker.network import HeadSpec


class Accountant:
    """Counts the batches of one phase on one architecture."""

    def __init__(self, architecture: Architecture, heads: Mapping[str, HeadSpec], sets: Sequence[Data]) -> None:
        self._architecture = architecture
        formats = {data.task: data.format for data in sets}
        self._heads = {name: Head(formats[name], spec.classes) for name, spec in heads.items()}
        self._every_token = {data.task: find(data.format).every_token for data in sets}

    def cost(self, task: str, features: Sequence[Feature], passes: int, weighty: bool = True) -> Cost:
        """The cost of one micro-batch of `task`."""
        lengths = [len(feature.tokens) for feature in features]
        positions = sum(len(feature.positions) for feature in features)
        every = self._every_token[task]
        batch = Batch(
            lengths=lengths,
            padded_length=max(lengths),
            head=task if task in self._heads else None,
            positions=sum(lengths) if every else positions,
            padded_positions=len(lengths) * max(lengths) if every else positions,
            weighty=weighty,
        )
        return batch_cost(self._architecture, self._heads, batch, passes)

    def epoch_flops(self, encoded: Encoded, cap: int | None, mask: float) -> float:
        """Model FLOPs of one epoch over a set; with a cap, of an average choice of that many features."""
        total = sum(
            self.cost(encoded.data.task, [_as_trained(encoded, feature, mask)], FORWARD_AND_BACKWARD).model
            for feature in encoded.features
        )
        size = len(encoded.features)
        return total * min(cap or size, size) / size


def matched_flops(phase: Train, runs: Path) -> int:
    """Model FLOPs of the stages that `phase` spends again: those of `phase.matches` after their common start."""
    if phase.matches is None:
        return 0
    shared = set(lineage(phase))
    total = 0
    for stage in lineage(phase.matches):
        record = folder_of(runs, stage).record()
        if stage not in shared and record is None:
            raise HarnessError(f"{folder_of(runs, stage).path.name}: has no record, so its FLOPs are unknown")
        total += record.cost.model if record and stage not in shared else 0
    return total


def _as_trained(encoded: Encoded, feature: Feature, mask: float) -> Feature:
    """A feature with as many positions as training reads; which ones makes no difference to FLOPs."""
    if encoded.data.format != "mlm":
        return feature
    return feature._replace(positions=feature.tokens[: masked_count(len(feature.tokens), mask)])
