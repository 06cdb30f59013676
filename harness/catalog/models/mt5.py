"""mT5 (Xue et al. 2021), encoders only: 101 languages of mC4. Base lies there without safetensors: convert it first."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 250_112
# mC4's, with he for its iw and tl for its fil.
_SPOKEN = (
    "af am ar az be bg bn ca ceb co cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha haw he hi hmn ht hu hy id "
    "ig is it ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my ne nl no ny pa pl ps pt ro ru sd si "
    "sk sl sm sn so sq sr st su sv sw ta te tg th tl tr uk ur uz vi xh yi yo zh zu"
)
LANGUAGES = tuple(_SPOKEN.split())
RECIPE = {"learning_rate": 1e-4}  # 1e-4 and 3e-4 work with AdamW: transformers' page on T5
MEMORY = ("the licence", "the languages")


def architecture(layers: int, hidden: int, heads: int, ffn: int) -> Architecture:
    """All sizes have heads of 64 numbers; positions are relative, so that 1024 is where pretraining ended."""
    return Architecture("mt5", layers, hidden, heads, heads, ffn, VOCABULARY, 1024, gated=True, head_size=64)


MODELS = (
    CatalogModel(
        name="mt5/small",
        architecture=architecture(8, 512, 6, 1024),
        hub_id="google/mt5-small",
        revision="73fb5dbe4756edadc8fbe8c769b0a109493acf7a",
        recipe=RECIPE,
        licence="Apache-2.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="mt5/base",
        architecture=architecture(12, 768, 12, 2048),
        hub_id="google/mt5-base",
        revision="2eb15465c5dd7f72a8f7984306ad05ebc3dd1e1f",
        recipe=RECIPE,
        licence="Apache-2.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="mt5/large",
        architecture=architecture(24, 1024, 16, 2816),
        hub_id="google/mt5-large",
        revision="50b7223e98fcd124b0cabb1ec81bc6324c7df107",
        recipe=RECIPE,
        licence="Apache-2.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="mt5/xl",
        architecture=architecture(24, 2048, 32, 5120),
        hub_id="google/mt5-xl",
        revision="63fc6450d80515b48e026b69ef2fbbd426433e84",
        recipe=RECIPE,
        licence="Apache-2.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="mt5/xxl",
        architecture=architecture(24, 4096, 64, 10240),
        hub_id="google/mt5-xxl",
        revision="e07c395916dfbc315d4e5e48b4a54a1e8821b5c0",
        recipe=RECIPE,
        licence="Apache-2.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
)
