"""Qwen3's mixtures of experts: a token passes 8 of 128. Of 235b-a22b only the post-trained model was published."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 151_936
MEMORY = ("the learning rate", "the positions of the base model", "that its output embeddings are untied")


def architecture(layers: int, hidden: int, heads: int, ffn: int, positions: int = 32_768) -> Architecture:
    """`ffn` is that of one expert; both sizes have 4 heads of keys and values."""
    return Architecture(
        "qwen3_moe",
        layers,
        hidden,
        heads,
        4,
        ffn,
        VOCABULARY,
        positions,
        gated=True,
        bidirectional=False,
        head_size=128,
        experts=128,
        active_experts=8,
    )


MODELS = (
    CatalogModel(
        name="qwen3_moe/30b-a3b",
        architecture=architecture(48, 2048, 32, 768),
        hub_id="Qwen/Qwen3-30B-A3B-Base",
        revision="1b75feb79f60b8dc6c5bc769a898c206a1c6a4f9",
        recipe={"learning_rate": 1e-5, "dropout": 0.0},
        licence="Apache-2.0",
        spoken=119,
        untied=True,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="qwen3_moe/235b-a22b",
        architecture=architecture(94, 4096, 64, 1536, 40_960),
        hub_id="Qwen/Qwen3-235B-A22B",
        revision="8efa61729e24bd65b1d152b5ab5409052aa80e65",
        recipe={"learning_rate": 5e-6, "dropout": 0.0},
        licence="Apache-2.0",
        spoken=119,
        untied=True,
        post_trained=True,
        unverified=MEMORY,
    ),
)
