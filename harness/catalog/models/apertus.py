"""Apertus (Swiss AI 2025): open decoders on 15 T tokens of 1,811 languages; which hold how much is in no table here."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 131_072
POSITIONS = 65_536
MEMORY = ("the learning rate", "that its output embeddings are untied")


MODELS = (
    CatalogModel(
        name="apertus/8b",
        architecture=Architecture("apertus", 32, 4096, 32, 8, 21504, VOCABULARY, POSITIONS, bidirectional=False),
        hub_id="swiss-ai/Apertus-8B-2509",
        revision="3162c99675aa588097cecd4a24b9aa1f712af477",
        recipe={"learning_rate": 1e-5, "dropout": 0.0},
        licence="Apache-2.0",
        spoken=1811,
        untied=True,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="apertus/70b",
        architecture=Architecture("apertus", 80, 8192, 64, 8, 43008, VOCABULARY, POSITIONS, bidirectional=False),
        hub_id="swiss-ai/Apertus-70B-2509",
        recipe={"learning_rate": 5e-6, "dropout": 0.0},
        licence="Apache-2.0",
        spoken=1811,
        untied=True,
        unverified=MEMORY,
    ),
)
