"""Qwen3 (Yang et al. 2025), dense: 119 languages. Base models; of 32b only the post-trained one was published."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 151_936
MEMORY = ("the learning rate", "which sizes tie output embeddings", "the positions of the base models")


def architecture(layers: int, hidden: int, heads: int, ffn: int, positions: int = 32_768) -> Architecture:
    """All sizes have 8 heads of keys and values, of 128 numbers."""
    return Architecture(
        "qwen3", layers, hidden, heads, 8, ffn, VOCABULARY, positions, gated=True, bidirectional=False, head_size=128
    )


def recipe(learning_rate: float) -> dict[str, float]:
    """Nothing is dropped, as in transformers' Qwen3Config."""
    return {"learning_rate": learning_rate, "dropout": 0.0}


MODELS = (
    CatalogModel(
        name="qwen3/0.6b",
        architecture=architecture(28, 1024, 16, 3072),
        hub_id="Qwen/Qwen3-0.6B-Base",
        revision="da87bfb608c14b7cf20ba1ce41287e8de496c0cd",
        recipe=recipe(2e-5),
        licence="Apache-2.0",
        spoken=119,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3/1.7b",
        architecture=architecture(28, 2048, 16, 6144),
        hub_id="Qwen/Qwen3-1.7B-Base",
        revision="ea980cb0a6c2ae4b936e82123acc929f1cec04c1",
        recipe=recipe(1e-5),
        licence="Apache-2.0",
        spoken=119,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3/4b",
        architecture=architecture(36, 2560, 32, 9728),
        hub_id="Qwen/Qwen3-4B-Base",
        revision="906bfd4b4dc7f14ee4320094d8b41684abff8539",
        recipe=recipe(1e-5),
        licence="Apache-2.0",
        spoken=119,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3/8b",
        architecture=architecture(36, 4096, 32, 12288),
        hub_id="Qwen/Qwen3-8B-Base",
        revision="49e3418fbbbca6ecbdf9608b4d22e5a407081db4",
        recipe=recipe(1e-5),
        licence="Apache-2.0",
        spoken=119,
        untied=True,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3/14b",
        architecture=architecture(40, 5120, 40, 17408),
        hub_id="Qwen/Qwen3-14B-Base",
        revision="0b0bd3732e2c374d483664439ea334928b65f304",
        recipe=recipe(1e-5),
        licence="Apache-2.0",
        spoken=119,
        untied=True,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3/32b",
        architecture=architecture(64, 5120, 64, 25600, 40_960),
        hub_id="Qwen/Qwen3-32B",
        revision="9216db5781bf21249d130ec9da846c4624c16137",
        recipe=recipe(5e-6),
        licence="Apache-2.0",
        spoken=119,
        untied=True,
        post_trained=True,
        unverified=MEMORY,
    ),
    # From scratch, as xlm_r/toy: the vocabulary is a placeholder, initialiser and learning rate are wide.
    CatalogModel(
        name="qwen3/toy",
        architecture=Architecture(
            "qwen3", 2, 96, 4, 2, 192, VOCABULARY, 128, gated=True, bidirectional=False, initializer_range=0.08
        ),
        recipe={"learning_rate": 1e-3, "dropout": 0.0},
    ),
)
