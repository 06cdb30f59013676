"""Constants of the memory model: what a process takes before it holds a model, and what an allocator wastes."""

from typing import NamedTuple


class Constants(NamedTuple):
    """`base`: bytes of a process that has imported everything; `group`: more among several; `margin`: a share."""

    base: int
    group: int
    margin: float


# Fitted by `python -m benchmarks.memory` with torch 2.13 and gloo on two cores, November 2026. The margin is what glibc
# keeps of freed memory: 0.09 of what a phase takes at stage 0 on one process, 0.37 at stage 3 on two.
CPU = Constants(base=553_000_000, group=22_000_000, margin=0.37)
# Not measured here. The context of a CUDA process with NCCL takes 0.4 to 0.8 GB on recent devices; torch's allocator
# keeps blocks of 2 and 20 MB, whose unused ends commonly come to some percent.
CUDA = Constants(base=600_000_000, group=200_000_000, margin=0.08)


def constants(accelerator: str) -> Constants:
    """Those of a kind of accelerator."""
    return CPU if accelerator == "cpu" else CUDA
