"""XLM-R (Conneau et al. 2020): the published sizes, and small ones of the same architecture to train from scratch."""

from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 250_002

# The revisions are pinned in public code, too; no model hub was reachable where this was written.
MODELS = (
    CatalogModel(
        name="xlm_r/base",
        architecture=Architecture("xlm_r", 12, 768, 12, 12, 3072, VOCABULARY),
        hub_id="FacebookAI/xlm-roberta-base",
        revision="e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
        recipe={"learning_rate": 2e-5},  # google-research/xtreme scripts @838c13b: XNLI, SIQa and COPA
    ),
    CatalogModel(
        name="xlm_r/large",
        architecture=Architecture("xlm_r", 24, 1024, 16, 16, 4096, VOCABULARY),
        hub_id="FacebookAI/xlm-roberta-large",
        revision="c23d21b0620b635a76227c604d44e43a9f0ee389",
        # nyu-mll/jiant @daa5a25, by the authors of X-STILTs.
        recipe={"learning_rate": 1e-5},
        # google-research/xtreme scripts @838c13b: XNLI, SIQa and COPA; its other tasks have one rate for all sizes.
        target_recipe={"learning_rate": 3e-5},
    ),
    # From scratch. Their vocabulary is a placeholder: the tokenizer of the sweep decides it. A small model needs a
    # wider initialiser than 0.02 and a higher learning rate to learn within minutes; both were found by trying.
    CatalogModel(
        name="xlm_r/tiny",
        architecture=Architecture("xlm_r", 2, 64, 4, 4, 128, VOCABULARY, max_positions=256, initializer_range=0.08),
        recipe={"learning_rate": 1e-3},
    ),
    CatalogModel(
        name="xlm_r/toy",
        architecture=Architecture("xlm_r", 2, 96, 3, 3, 192, VOCABULARY, max_positions=128, initializer_range=0.08),
        recipe={"learning_rate": 1e-3},
    ),
)
