"""XLM-R XL and XXL (Goyal et al. 2021): XLM-R with the norms before each block and one behind the last."""

from dataclasses import replace

from harness.catalog.families import xlm_r
from harness.spec.family import Weight, affine
from harness.spec.model import Architecture


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, and the norm behind the last block."""
    hidden = architecture.hidden
    return (*xlm_r.embeddings(architecture), *affine("encoder.LayerNorm", (hidden,), "vector"))


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, feed-forward."""
    hidden, at = architecture.hidden, f"encoder.layer.{number}"
    return (
        *affine(f"{at}.attention.self_attn_layer_norm", (hidden,), "vector"),
        *xlm_r.matrices(architecture, at),
        *affine(f"{at}.LayerNorm", (hidden,), "vector"),
    )


FAMILY = replace(
    xlm_r.FAMILY,
    name="xlm_r_xl",
    model_class="XLMRobertaXLModel",
    config_class="XLMRobertaXLConfig",
    outside=outside,
    layer=layer,
)
