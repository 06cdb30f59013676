"""RemBERT (Chung et al. 2021): BERT's encoder behind narrow input embeddings; the wide output ones play no part."""

from typing import Any

from harness.catalog.families import xlm_r
from harness.spec.family import Family, Template, Weight, affine
from harness.spec.model import Architecture

TOKEN_TYPES = 2  # only the first is used: nothing here tells the second text of a pair apart but the separator


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of a RemBertConfig."""
    return {
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "input_embedding_size": _width(architecture),
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "intermediate_size": architecture.ffn,
        "max_position_embeddings": architecture.max_positions,
        "type_vocab_size": TOKEN_TYPES,
    }


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, their norm, and their mapping to the width of the layers."""
    width = _width(architecture)
    return (
        Weight("embeddings.word_embeddings.weight", (architecture.vocabulary, width), "embedding"),
        Weight("embeddings.position_embeddings.weight", (architecture.max_positions, width), "embedding"),
        Weight("embeddings.token_type_embeddings.weight", (TOKEN_TYPES, width), "embedding"),
        *affine("embeddings.LayerNorm", (width,), "vector"),
        *affine("encoder.embedding_hidden_mapping_in", (architecture.hidden, width), "projection"),
    )


def _width(architecture: Architecture) -> int:
    return architecture.embedding or architecture.hidden


FAMILY = Family(
    name="rembert",
    model_class="RemBertModel",
    config_class="RemBertConfig",
    config=config,
    outside=outside,
    layer=xlm_r.layer,
    layers="encoder.layer",
    template=Template(("[CLS]",), ("[SEP]",), ("[SEP]",), "[PAD]", "[UNK]", "[MASK]"),
    prefixes=("rembert.",),
    dropouts=("hidden_dropout_prob", "attention_probs_dropout_prob"),
    bare={"add_pooling_layer": False},
    maps=True,
)
