"""XLM-R (Conneau et al. 2020, Goyal et al. 2021): the published sizes, and small ones to train from scratch."""

from harness.catalog.languages import CC100
from harness.spec.model import Architecture, CatalogModel

VOCABULARY = 250_002
XL_VOCABULARY = 250_880  # padded to a multiple of 128
# Those of the card of facebook/xlm-roberta-xl, of which some are in two scripts.
_SPOKEN = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it "
    "ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq "
    "sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)
LANGUAGES = tuple(_SPOKEN.split())
MEMORY = ("the licence",)
LARGEST_MEMORY = ("the licence", "the learning rate", "that the pinned revision holds safetensors")

# The revisions are pinned in public code, too; no model hub was reachable where this was written.
MODELS = (
    CatalogModel(
        name="xlm_r/base",
        architecture=Architecture("xlm_r", 12, 768, 12, 12, 3072, VOCABULARY),
        hub_id="FacebookAI/xlm-roberta-base",
        revision="e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
        recipe={"learning_rate": 2e-5},  # google-research/xtreme scripts @838c13b: XNLI, SIQa and COPA
        licence="MIT",
        languages=LANGUAGES,
        corpus=CC100,
        unverified=MEMORY,
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
        licence="MIT",
        languages=LANGUAGES,
        corpus=CC100,
        unverified=MEMORY,
    ),
    CatalogModel(
        name="xlm_r/xl",
        architecture=Architecture("xlm_r_xl", 36, 2560, 32, 32, 10240, XL_VOCABULARY),
        hub_id="facebook/xlm-roberta-xl",
        revision="aa5d120255845efeebc9b7f42822a1dd0f9ece9d",
        recipe={"learning_rate": 1e-5},
        licence="MIT",
        languages=LANGUAGES,
        corpus=CC100,
        unverified=LARGEST_MEMORY,
    ),
    CatalogModel(
        name="xlm_r/xxl",
        architecture=Architecture("xlm_r_xl", 48, 4096, 32, 32, 16384, XL_VOCABULARY),
        hub_id="facebook/xlm-roberta-xxl",
        revision="03e0fb540c3c9afd4bdda0072e7cb82d2eafd060",
        recipe={"learning_rate": 5e-6},
        licence="MIT",
        languages=LANGUAGES,
        corpus=CC100,
        unverified=LARGEST_MEMORY,
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
