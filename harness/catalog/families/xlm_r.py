"""XLM-R Base and Large (Conneau et al. 2020): RoBERTa's encoder, norms behind each block, absolute positions."""

from typing import Any

from harness.spec.family import Family, Template, Weight, affine
from harness.spec.model import Architecture


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of an XLMRobertaConfig."""
    return {
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "intermediate_size": architecture.ffn,
        "max_position_embeddings": architecture.max_positions + 2,  # RoBERTa counts positions from the padding id + 1
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
    }


def embeddings(architecture: Architecture) -> tuple[Weight, ...]:
    """Those of words, positions and the one token type."""
    hidden = architecture.hidden
    return (
        Weight("embeddings.word_embeddings.weight", (architecture.vocabulary, hidden), "embedding"),
        Weight("embeddings.position_embeddings.weight", (architecture.max_positions + 2, hidden), "embedding"),
        Weight("embeddings.token_type_embeddings.weight", (1, hidden), "embedding"),
    )


def matrices(architecture: Architecture, at: str) -> tuple[Weight, ...]:
    """The attention and the feed-forward of the block `at`, with biases and without norms: BERT's."""
    hidden, ffn = architecture.hidden, architecture.ffn
    return (
        *affine(f"{at}.attention.self.query", (hidden, hidden), "query"),
        *affine(f"{at}.attention.self.key", (hidden, hidden), "key"),
        *affine(f"{at}.attention.self.value", (hidden, hidden), "value"),
        *affine(f"{at}.attention.output.dense", (hidden, hidden), "output"),
        *affine(f"{at}.intermediate.dense", (ffn, hidden), "up"),
        *affine(f"{at}.output.dense", (hidden, ffn), "down"),
    )


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings and their norm."""
    return (*embeddings(architecture), *affine("embeddings.LayerNorm", (architecture.hidden,), "vector"))


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: attention, feed-forward, a norm behind each."""
    hidden, at = architecture.hidden, f"encoder.layer.{number}"
    return (
        *matrices(architecture, at),
        *affine(f"{at}.attention.output.LayerNorm", (hidden,), "vector"),
        *affine(f"{at}.output.LayerNorm", (hidden,), "vector"),
    )


FAMILY = Family(
    name="xlm_r",
    model_class="XLMRobertaModel",
    config_class="XLMRobertaConfig",
    config=config,
    outside=outside,
    layer=layer,
    layers="encoder.layer",
    template=Template(("<s>",), ("</s>", "</s>"), ("</s>",), "<pad>", "<unk>", "<mask>"),
    prefixes=("roberta.",),
    dropouts=("hidden_dropout_prob", "attention_probs_dropout_prob"),
    bare={"add_pooling_layer": False},
    published_masked_head=True,
)
