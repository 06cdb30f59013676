"""The network of one phase: an encoder and the heads of its stage, every head called in every micro-batch."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from harness.catalog import find as entries
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA
from harness.spec.task import Data
from harness.worker.adapters import inject
from harness.worker.coder import Coder
from harness.worker.encoder import Beside, build_encoder
from harness.worker.format import Format, MicroBatch, find


class Network(nn.Module):
    """An encoder and named heads; `forward` gives the weighted sum of losses of a micro-batch."""

    def __init__(
        self,
        architecture: Architecture,
        heads: Mapping[str, "HeadSpec"],
        dropout: float,
        lora: LoRA | None = None,
        checkpointing: bool = False,
        beside: Beside | None = None,
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(architecture, dropout, beside)
        if lora:
            inject(self.encoder, architecture, lora)
        if checkpointing:
            _enable_checkpointing(self.encoder)
            self.encoder.disable_input_require_grads()  # only the reentrant way needs gradients of frozen embeddings
        embeddings = self.encoder.get_input_embeddings()
        self.heads = nn.ModuleDict({name: spec.build(architecture, embeddings) for name, spec in sorted(heads.items())})
        self.dropout = nn.Dropout(dropout)
        self._formats = {name: spec.format for name, spec in heads.items()}
        self._layers = entries.family(architecture.family).layers

    def states(self, batch: MicroBatch) -> Tensor:
        """Hidden states [batch, length, hidden] of the last layer."""
        return self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state  # type: ignore[no-any-return]

    def layers(self, batch: MicroBatch) -> tuple[Tensor, ...]:
        """Hidden states [batch, length, hidden] of every layer, the embeddings first, as transformers gives them.

        Some families put a norm behind all layers: the last one's states are those behind it, the others' before.
        """
        read = self.encoder(input_ids=batch.ids, attention_mask=batch.mask, output_hidden_states=True)
        return read.hidden_states  # type: ignore[no-any-return]

    def within(self, batch: MicroBatch) -> Tensor:
        """Hidden states [batch, length, hidden] of the last layer as `layers` of a deeper model has them."""
        given: list[Any] = []
        hook = self._last_layer.register_forward_hook(lambda module, inputs, output: given.append(output))
        with hook:
            self.states(batch)
        (output,) = given
        return output[0] if isinstance(output, tuple) else output  # type: ignore[no-any-return]

    @property
    def _last_layer(self) -> nn.Module:
        *_, last = self.encoder.get_submodule(self._layers).children()
        return last  # type: ignore[no-any-return]

    def logits(self, batch: MicroBatch, states: Tensor) -> Tensor:
        """Logits [positions, classes] of the batch's own head."""
        every_token = self._formats[batch.task].every_token
        read = states.flatten(0, 1) if every_token else states[batch.rows, batch.columns]
        return self.heads[batch.task](self.dropout(read))  # type: ignore[no-any-return]

    def forward(self, batch: MicroBatch) -> Tensor:
        """The sum of losses; heads without work run at one position with weight 0.

        Every head is called through its module in the same order in every micro-batch: otherwise ZeRO stages
        differ silently or crash, because their gradient hooks wait for parameters that never come.
        """
        states = self.states(batch)
        total = states.new_zeros((), dtype=torch.float32)
        for name, head in self.heads.items():
            if name == batch.task:
                total = total + batch.weight * self._formats[name].loss(self.logits(batch, states), batch)
            else:
                total = total + 0.0 * head(states[:1, 0]).float().sum()
        return total


def _enable_checkpointing(encoder: PreTrainedModel) -> None:
    """Under the name that this version of transformers has for it; the older one is to go."""
    newer = getattr(encoder, "activation_checkpointing_enable", None)
    (newer or encoder.gradient_checkpointing_enable)({"use_reentrant": False})


class HeadSpec:
    """What builds a head: its format and how many classes it has."""

    def __init__(self, format_: Format, classes: int) -> None:
        self.format, self.classes = format_, classes

    def build(self, architecture: Architecture, embeddings: nn.Embedding) -> nn.Module:
        """The head with weights still to be filled."""
        if self.format.head is None:
            raise HarnessError("a task without a head cannot be trained; name a task that has labels or text")
        return self.format.head(architecture, self.classes, embeddings)


def head_specs(sets: tuple[Data, ...], architecture: Architecture) -> dict[str, HeadSpec]:
    """The heads of a stage by task name."""
    formats = {data.task: (find(data.format), data.labels) for data in sets}
    return {
        name: HeadSpec(format_, format_.classes(labels, architecture.vocabulary))
        for name, (format_, labels) in formats.items()
    }


def check_vocabulary(architecture: Architecture, coder: Coder) -> None:
    """Raise HarnessError when the tokenizer has tokens that the embeddings lack."""
    if coder.vocabulary > architecture.vocabulary:
        raise HarnessError(
            f"the tokenizer has {coder.vocabulary} tokens, the model {architecture.vocabulary} embeddings; "
            "they must come from the same model"
        )
