"""BLOOM (Le Scao et al. 2022): decoders from 560 M to 176 B parameters on 46 languages of ROOTS."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 250_880
# 45 of the 46: Chinese in two scripts is one here. de, el, fi, ja, ko, ru, th, tr and others of XTREME-R are missing.
_SPOKEN = (
    "ak ar as bm bn ca en es eu fon fr gu hi id ig ki kn lg ln ml mr ne nso ny or pa pt rn rw sn st sw ta te tn ts tum "
    "tw ur vi wo xh yo zh zu"
)
LANGUAGES = tuple(_SPOKEN.split())
MEMORY = ("the licence", "the languages", "the learning rate", "that the pinned revision holds safetensors")


def architecture(layers: int, hidden: int, heads: int) -> Architecture:
    """ALiBi has no last position; 2048 is where pretraining ended."""
    return Architecture("bloom", layers, hidden, heads, heads, 4 * hidden, VOCABULARY, 2048, bidirectional=False)


def recipe(learning_rate: float) -> dict[str, float]:
    """Nothing is dropped, as in transformers' BloomConfig."""
    return {"learning_rate": learning_rate, "dropout": 0.0}


MODELS = (
    CatalogModel(
        name="bloom/560m",
        architecture=architecture(24, 1024, 16),
        hub_id="bigscience/bloom-560m",
        revision="ac2ae5fab2ce3f9f40dc79b5ca9f637430d24971",
        recipe=recipe(2e-5),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="bloom/1b1",
        architecture=architecture(24, 1536, 16),
        hub_id="bigscience/bloom-1b1",
        revision="6f4195539db0eef1c9d010289f32e0645d9a2354",
        recipe=recipe(2e-5),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="bloom/1b7",
        architecture=architecture(24, 2048, 16),
        hub_id="bigscience/bloom-1b7",
        recipe=recipe(1e-5),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="bloom/3b",
        architecture=architecture(30, 2560, 32),
        hub_id="bigscience/bloom-3b",
        revision="52bc5b43010b4844513826b8be3f78c7344c37d7",
        recipe=recipe(1e-5),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="bloom/7b1",
        architecture=architecture(30, 4096, 32),
        hub_id="bigscience/bloom-7b1",
        revision="850ba1758a7744fedae78caadc152625133b1677",
        recipe=recipe(1e-5),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="bloom/176b",
        architecture=architecture(70, 14336, 112),
        hub_id="bigscience/bloom",
        revision="4d8e28c67403974b0f17a4ac5992e4ba0b0dbb6f",
        recipe=recipe(5e-6),
        licence="BigScience RAIL 1.0",
        languages=LANGUAGES,
        unverified=MEMORY,
    ),
)
