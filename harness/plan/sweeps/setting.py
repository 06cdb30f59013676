"""One cell of a sweep's intermediate axes: a chain, how long, on which batch, or the control in its place."""

from dataclasses import dataclass

from harness.plan.sweeps.chain import MASKED, Chain
from harness.plan.sweeps.checks import why_no_shuffle
from harness.plan.sweeps.recipes import Cell
from harness.plan.sweeps.sweep import Control


@dataclass(frozen=True)
class Setting:
    """What the intermediate stages of a point are made of."""

    chain: str
    stages: Chain
    amount: float
    batch_size: int
    learning_rate: float | None
    seed: int
    control: Control | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of all stages, each once."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in stage))

    @property
    def labelled(self) -> tuple[str, ...]:
        """The tasks besides text."""
        return tuple(name for name in self.tasks if name != MASKED)

    @property
    def why_absent(self) -> str | None:
        """Why the control of these stages cannot be, or None."""
        if self.control == "mlm_en" and not self.labelled:
            return "its stages are masked text already"
        return why_no_shuffle(self.tasks) if self.control == "shuffled_labels" else None

    @property
    def cell(self) -> Cell:
        """What a recipe needs to know of it."""
        return Cell(self.chain, self.amount, self.batch_size, self.learning_rate, self.seed)
