"""mmBERT (Marone et al. 2025): ModernBERT on 3 T tokens of 1,833 languages; which hold how much is in no table here."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 256_000
WINDOW = 129  # 64 tokens on either side
RECIPE = {"learning_rate": 3e-5, "dropout": 0.0}  # transformers' ModernBertConfig drops nothing
MEMORY = ("the learning rate", "what separates a pair", "that the pinned revision holds safetensors")


def architecture(hidden: int, heads: int) -> Architecture:
    """The sizes differ in width alone: JHU-CLSP/mmBERT's README and configurations."""
    return Architecture(
        "modernbert", 22, hidden, heads, heads, 1152, VOCABULARY, 8192, gated=True, window=WINDOW, global_every=3
    )


MODELS = (
    CatalogModel(
        name="mmbert/small",
        architecture=architecture(384, 6),
        hub_id="jhu-clsp/mmBERT-small",
        revision="abc32620dd4f6ab06f5fbe905dc25f310618e09f",
        recipe=RECIPE,
        licence="MIT",
        spoken=1833,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="mmbert/base",
        architecture=architecture(768, 12),
        hub_id="jhu-clsp/mmBERT-base",
        revision="c5955035435e2bf121cde7f3c8863ef52ff35d82",
        recipe=RECIPE,
        licence="MIT",
        spoken=1833,
        unverified=MEMORY,
    ),
)
