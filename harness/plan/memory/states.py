"""Model states of one process under ZeRO, exactly as its paper counts them (Rajbhandari et al. 2020, arXiv 1910.02054).

With Adam in mixed precision a trained parameter is 2 bytes, its gradient 2, and the optimizer's fp32 copy, momentum and
variance K = 12: 16 bytes. In fp32 the parameter is its own master: 4 + 4 + 8, 16 as well. A frozen one has only itself.
Stage 1 partitions the optimizer states over N processes, stage 2 the gradients too, stage 3 the parameters too.
"""

from typing import NamedTuple

from harness.spec.recipe import Precision

WIDTH = {"fp32": 4, "bf16": 2}  # bytes of a parameter that is trained
ADAM = {"fp32": 8, "bf16": 12}  # bytes of its optimizer states


class States(NamedTuple):
    """Bytes of one process."""

    parameters: int
    gradients: int
    optimizer: int


def states(trained: int, frozen: int, precision: Precision, stage: int, processes: int) -> States:
    """States of a model with so many `trained` and `frozen` parameters."""
    width = WIDTH[precision]
    return States(
        parameters=_part(width * (trained + frozen), processes if stage >= 3 else 1),
        gradients=_part(width * trained, processes if stage >= 2 else 1),
        optimizer=_part(ADAM[precision] * trained, processes if stage >= 1 else 1),
    )


def _part(whole: int, processes: int) -> int:
    return -(-whole // processes)
