"""A checkpoint inside a training phase: how far it had come, and the files that hold the rest."""

from dataclasses import field
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt

from harness.spec.record import Cost
from harness.spec.value import value

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@value
class Progress:
    """How far a training phase has come: `step` of `steps` are taken, at `cost`, with so many of each task `drawn`.

    `loss` is that of the last step.
    """

    steps: PositiveInt
    step: NonNegativeInt = 0
    cost: Cost = Cost()
    drawn: dict[str, NonNegativeInt] = field(default_factory=dict)
    loss: float | None = None


@value
class Manifest:
    """What makes a checkpoint whole: SHA-256 of each of its files, by path in its folder.

    `memory` is DeepSpeed's `zero_optimization` and `bf16`: only under the same can it be read. Its files hold the state
    of `world_size` processes.
    """

    phase: str
    progress: Progress
    world_size: PositiveInt
    memory: dict[str, Any]
    files: dict[str, Sha256]
    bytes: NonNegativeInt
    saved: str
