"""FLOPs of a batch, in three counts, by one set of formulas for planning and for what was run.

Conventions. A multiply-add is 2 FLOPs; only matrix products and attention are counted; embedding look-ups, norms,
biases, softmax and the optimizer cost nothing. What a token and a pair of tokens cost in the encoder, forward and
backward, stands in layer_flops.py; which tokens attend to which in pairs.py. So forward and backward of a bidirectional
encoder over sequences of s tokens cost

    3 L (2 P sum(s) + 4 h sum(s^2))

with L layers, hidden size h and P weights multiplied per token and layer. The counts are

    model     real tokens, pairs that may attend, the heads at work, at the positions where they work; of experts those
              that a token passes. No recomputation: over time and peak it gives MFU (Chowdhery et al. 2022, PaLM,
              appendix B, where N counts embeddings and every pair of a causal sequence counts)
    hardware  what was executed: padding, idle heads and recomputation of whole layers included, and every pair of the
              padded batch, since a mask only hides what was multiplied. It gives HFU (Korthikanti et al. 2022). Kernels
              that are fused or leave out what is masked differ from it (layer_flops.py)
    six_nd    6 N D with N the non-embedding parameters that a token passes and D the real tokens (Kaplan et al. 2020),
              LoRA or not; 2 N D to evaluate
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.plan.network.layer_flops import needed, recomputed
from harness.plan.network.pairs import attending, attending_locally
from harness.plan.network.size import size
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
    is n / (24 s h L) of the encoder's work. Language models multiply by the embeddings, which LoRA freezes; a dense
    layer before them is as wide as they are.
    """

    format: Format
    classes: int

    def per_position(self, architecture: Architecture, through: Pass) -> int:
        """FLOPs at one position."""
        tied = self.format in ("mlm", "clm")
        width = architecture.embedding or architecture.hidden if tied else architecture.hidden
        dense = architecture.hidden * width if self.format in ("pair", "choice", "mlm", "retrieval") else 0
        passes = 3 if through.training else 1
        frozen = tied and through.training and through.lora is not None
        return 2 * (passes * dense + (passes - frozen) * width * self.classes)


@dataclass(frozen=True)
class Batch:
    """One micro-batch: examples, real tokens of each sequence, the padded length, the positions that its head reads.

    `padded_positions` is what the head executes: it differs from `positions` where a head reads every token. A `packed`
    batch holds nothing but its sequences, and attention stays within each.
    """

    examples: int
    lengths: Sequence[int]
    padded_length: int
    head: str | None
    positions: int
    padded_positions: int
    weighty: bool = True
    packed: bool = False

    @property
    def padded_tokens(self) -> int:
        """Tokens that the encoder executes."""
        return sum(self.lengths) if self.packed else len(self.lengths) * self.padded_length

    @property
    def padded_pairs(self) -> int:
        """Pairs of tokens that attention multiplies in each layer."""
        if self.packed:
            return sum(length * length for length in self.lengths)
        return len(self.lengths) * self.padded_length**2


def batch_cost(architecture: Architecture, heads: Mapping[str, Head], batch: Batch, through: Pass) -> Cost:
    """The cost of one micro-batch.

    A batch that is not `weighty` fills a rank's turn: it is executed, but no model FLOPs or tokens are booked.
    """
    executed = _executed(architecture, batch, through)
    for name, head in heads.items():
        positions = batch.padded_positions if name == batch.head else 1  # an idle head runs at one position
        executed += head.per_position(architecture, through) * positions
    if not batch.weighty:
        return Cost(hardware=executed, padded_tokens=batch.padded_tokens)
    tokens = sum(batch.lengths)
    model = _model(architecture, batch, through)
    if batch.head is not None:
        model += heads[batch.head].per_position(architecture, through) * batch.positions
    return Cost(
        model=model,
        hardware=executed,
        six_nd=(6 if through.training else 2) * size(architecture).multiplied_in_layers * tokens,
        real_tokens=tokens,
        padded_tokens=batch.padded_tokens,
        examples=batch.examples,
    )


def _model(architecture: Architecture, batch: Batch, through: Pass) -> int:
    unit = needed(architecture, through.training, through.lora)
    local = unit.local_pair * attending_locally(architecture, batch.lengths) if unit.local_pair else 0
    return unit.token * sum(batch.lengths) + unit.pair * attending(architecture, batch.lengths) + local


def _executed(architecture: Architecture, batch: Batch, through: Pass) -> int:
    unit = needed(architecture, through.training, through.lora)
    if through.training and through.checkpointing:
        unit = unit.plus(recomputed(architecture, through.lora))
    return unit.token * batch.padded_tokens + (unit.pair + unit.local_pair) * batch.padded_pairs
