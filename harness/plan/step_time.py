"""How long an optimiser step takes: compute, the optimizer's bytes, communication and offload apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepTime:
    """Seconds of one optimiser step; what overlaps with compute is not counted twice."""

    compute: float = 0.0
    optimizer: float = 0.0
    communication: float = 0.0
    offload: float = 0.0

    @property
    def seconds(self) -> float:
        """The whole step."""
        return self.compute + self.optimizer + self.communication + self.offload
