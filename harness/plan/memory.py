"""Memory that a phase takes on each accelerator, on its host and on NVMe, in bytes per process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Memory:
    """Peak bytes of one process by what holds them; what is offloaded counts in `host` or `nvme`, not above.

    `gathered` are whole layers that ZeRO-3 has gathered, `buffers` communication buckets and what DeepSpeed keeps
    besides, `base` what torch itself takes, `margin` what fragmentation may cost.
    """

    parameters: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    gathered: int = 0
    buffers: int = 0
    base: int = 0
    margin: int = 0
    host: int = 0
    nvme: int = 0

    @property
    def states(self) -> int:
        """Parameters, gradients and optimizer states, the table of the ZeRO paper."""
        return self.parameters + self.gradients + self.optimizer

    @property
    def accelerator(self) -> int:
        """All that must fit in the memory of one accelerator."""
        return self.states + self.activations + self.gathered + self.buffers + self.base + self.margin
