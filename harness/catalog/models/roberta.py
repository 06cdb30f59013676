"""RoBERTa (Liu et al. 2019), English only: what transfer looks like without other languages in pretraining."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 50_265
MEMORY = ("the licence", "the learning rate")


MODELS = (
    CatalogModel(
        name="roberta/base",
        architecture=Architecture("roberta", 12, 768, 12, 12, 3072, VOCABULARY),
        hub_id="FacebookAI/roberta-base",
        revision="e2da8e2f811d1448a5b465c236feacd80ffbac7b",
        recipe={"learning_rate": 2e-5},
        licence="MIT",
        languages=("en",),
        unverified=MEMORY,
    ),
    CatalogModel(
        name="roberta/large",
        architecture=Architecture("roberta", 24, 1024, 16, 16, 4096, VOCABULARY),
        hub_id="FacebookAI/roberta-large",
        revision="722cf37b1afa9454edce342e7895e588b6ff1d59",
        recipe={"learning_rate": 1e-5},
        licence="MIT",
        languages=("en",),
        unverified=MEMORY,
    ),
)
