"""UD-POS as XTREME-R prepares it: universal part-of-speech tags in 38 languages, trained on English treebanks."""

from functools import partial

from harness.catalog.languages import LANGUAGES
from harness.catalog.metrics import tagging_f1
from harness.catalog.sources import tagged_lines
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Task

# XTREME's 33 languages of UD v2.5, and lt pl ro uk wo, which XTREME-R adds from v2.7.
WITHOUT_TREEBANK = ("az", "bn", "gu", "ht", "jv", "ka", "ml", "ms", "my", "pa", "qu", "sw")
CODES = tuple(code for code in LANGUAGES if code not in WITHOUT_TREEBANK)
_TAGS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
UPOS = tuple(_TAGS.split())
SPLITS = ("train", "dev", "test")
# Sentences of English as google/xtreme's card has them; of the others as counted in the published files.
COUNTS = {
    "train": {"en": 21_253, "af": 1_315, "mr": 373, "te": 1_051},
    "dev": {
        "en": 3_974,
        "af": 194,
        "ar": 909,
        "bg": 1_115,
        "el": 403,
        "et": 3_125,
        "eu": 1_798,
        "fa": 599,
        "fi": 3_239,
        "fr": 2_903,
        "mr": 46,
        "te": 131,
    },
}
READ = partial(tagged_lines.read, tags=UPOS)

TASK = Task(
    name="udpos",
    version=1,
    format="tagging",
    source=Files(
        layouts=(
            Layout(SPLITS, ("udpos_xtreme/{split}-{language}.tsv",), READ, COUNTS),
            Layout(SPLITS, ("udpos/{split}-{language}.tsv",), READ, COUNTS),
        ),
        known=CODES,
    ),
    languages=CODES,
    labels=UPOS,
    metric=tagging_f1.METRIC,
    train=("udpos",),
    train_sizes={"train": 21_253},
    # google-research/xtreme scripts @838c13b.
    recipe={
        "duration": {"unit": "epochs", "amount": 10},
        "batch_size": 32,
        "learning_rate": 2e-5,
        "window": {"max_length": 128},
    },
)
