"""FLOPs of a batch, in three counts, by one set of formulas for planning and for what was run.

Conventions. A multiply-add is 2 FLOPs; only matrix products and attention are counted; embedding look-ups, norms,
biases and softmax cost nothing. One encoder forward over sequences of s tokens costs

    L (2 P sum(s) + 4 h sum(s^2))

with L layers, hidden size h and P weights multiplied per token and layer; attention is bidirectional, so it is not
halved. Backward costs twice the forward (Chinchilla, Hoffmann et al. 2022, appendix F). The counts are

    model     real tokens, the heads at work, at the positions where they work
    hardware  what was executed: padding and idle heads included
    six_nd    6 N D with N the non-embedding parameters and D the real tokens (Kaplan et al. 2020); 2 N D to evaluate
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.plan.size import size
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA
from harness.spec.record import Cost
from harness.spec.task import Format


@dataclass(frozen=True)
class Pass:
    """What a network does with a batch: reads it, or trains on it.

    `lora`: only adapters and heads are trained. `checkpointing`: the layers' forward is computed again.
    """

    training: bool = False
    lora: LoRA | None = None
    checkpointing: bool = False


READING, TRAINING = Pass(), Pass(training=True)


@dataclass(frozen=True)
class Head:
    """A head as numbers: `classes` outputs, after a dense layer of the hidden size if it has one.

    That of retrieval is the dense layer alone. The product of n queries and n candidates in its loss is not counted: it
    is n / (24 s h L) of the encoder's work.
    """

    format: Format
    classes: int

    def per_position(self, architecture: Architecture) -> int:
        """FLOPs of one forward at one position."""
        hidden = architecture.hidden
        dense = 2 * hidden * hidden if self.format in ("pair", "choice", "mlm", "retrieval") else 0
        return dense + 2 * hidden * self.classes


@dataclass(frozen=True)
class Batch:
    """One micro-batch: examples, real tokens of each sequence, the padded length, the positions that its head reads.

    `padded_positions` is what the head executes: it differs from `positions` where a head reads every token.
    """

    examples: int
    lengths: Sequence[int]
    padded_length: int
    head: str | None
    positions: int
    padded_positions: int
    weighty: bool = True

    @property
    def padded_tokens(self) -> int:
        """Tokens that the encoder executes."""
        return len(self.lengths) * self.padded_length


def encoder_forward(architecture: Architecture, tokens: int, squares: int) -> int:
    """FLOPs of one forward over sequences with `tokens` in all and `squares` the sum of their squared lengths."""
    per_token = 2 * size(architecture).multiplied_in_layers
    return per_token * tokens + architecture.layers * 4 * architecture.hidden * squares


def batch_cost(architecture: Architecture, heads: Mapping[str, Head], batch: Batch, through: Pass) -> Cost:
    """The cost of one micro-batch.

    A batch that is not `weighty` fills a rank's turn: it is executed, but no model FLOPs or tokens are booked.
    """
    passes = 3 if through.training else 1
    executed = encoder_forward(architecture, batch.padded_tokens, len(batch.lengths) * batch.padded_length**2)
    for name, head in heads.items():
        positions = batch.padded_positions if name == batch.head else 1  # an idle head runs at one position
        executed += head.per_position(architecture) * positions
    if not batch.weighty:
        return Cost(hardware=passes * executed, padded_tokens=batch.padded_tokens)
    tokens = sum(batch.lengths)
    needed = encoder_forward(architecture, tokens, sum(length * length for length in batch.lengths))
    if batch.head is not None:
        needed += heads[batch.head].per_position(architecture) * batch.positions
    return Cost(
        model=passes * needed,
        hardware=passes * executed,
        six_nd=2 * passes * size(architecture).multiplied_in_layers * tokens,
        real_tokens=tokens,
        padded_tokens=batch.padded_tokens,
        examples=batch.examples,
    )
