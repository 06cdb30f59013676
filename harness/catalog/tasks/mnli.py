"""MNLI (Williams et al. 2018): inference between two sentences; training data translated for XNLI are here too."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, nli_files, pair_lines
from harness.catalog.sources.pair_records import NLI
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
ENGLISH = ("en",)
NAMES = {"train": "train", "dev": "dev_matched", "dev_mm": "dev_mismatched"}
HIDDEN = {"test": "test_matched", "test_mm": "test_mismatched"}
ROWS = 392_702
# Rows with a majority label; 10,000 in each dev file with those without.
COUNTS = {"train": {"en": ROWS}, "dev": {"en": 9_815}, "dev_mm": {"en": 9_832}}

HOMES = ("mnli", "multi_nli", "xnli")
GLUE = below("MNLI", "mnli", "glue/MNLI", "glue_data/MNLI", "glue_mnli/MNLI")
FIRST = unpacked("multinli_1.0.zip", *HOMES)
TRANSLATED = unpacked("XNLI-MT-1.0.zip", *HOMES)
XTREME = partial(pair_lines.read_xtreme, labels=tuple(NLI))
TRAIN = {"train": "train"}

ENGLISH_LAYOUTS = (
    *layouts(GLUE, ("{name}.tsv",), nli_files.GLUE, NAMES, COUNTS, ENGLISH),
    *layouts(FIRST, ("multinli_1.0/multinli_1.0_{name}.jsonl",), nli_files.FIRST_JSON, NAMES, COUNTS, ENGLISH),
    *layouts(FIRST, ("multinli_1.0/multinli_1.0_{name}.txt",), nli_files.FIRST_TEXT, NAMES, COUNTS, ENGLISH),
)

TRANSLATED_TO = tuple(language for language in LANGUAGES if language not in ENGLISH)
HUB_NAMES = {"train": "train", "dev": "validation_matched", "dev_mm": "validation_mismatched"}

TASK = Task(
    name="mnli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            *ENGLISH_LAYOUTS,
            *layouts(GLUE, ("{name}.tsv",), nli_files.GLUE_HIDDEN, HIDDEN, None, ENGLISH),
            *layouts(
                TRANSLATED,
                ("XNLI-MT-1.0/multinli/multinli.train.{language}.tsv",),
                nli_files.TRANSLATED,
                TRAIN,
                {"train": {"en": ROWS}},
            ),
            # XTREME keeps these rows under XNLI's name, tokenised.
            *layouts(("xnli/",), ("train-en.tsv",), XTREME, TRAIN, {"train": {"en": ROWS}}, ENGLISH),
            *layouts(("translated/mnli/",), ("train.{language}.tsv",), nli_files.TRANSLATED, TRAIN),
            *hub_layouts(hubs.GLUE, ("mnli/{name}-*.parquet",), nli_files.HUB, HUB_NAMES, COUNTS, ENGLISH),
            *hub_layouts(hubs.XNLI, ("{language}/{name}-*.parquet",), nli_files.HUB, TRAIN, None, TRANSLATED_TO),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    labels=tuple(NLI),
    metric=accuracy.METRIC,
    train=("mnli",),
    evaluate_on="dev",
    train_sizes={"train": ROWS},
    # Duration as nyu-mll/jiant @daa5a25, length as XTREME's scripts for pairs.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 128}},
    corpus="mnli",
    published=Published(
        source="MultiNLI 1.0 (NYU); GLUE; machine translations: XNLI-MT 1.0",
        licence="OANC's, parts CC BY 3.0 and CC BY-SA 3.0; translations CC BY-NC 4.0",
        test_labels="dev_matched: open; the test sets' are hidden",
        memory="licences; batch size 24 of Phang et al. (2020)",
    ),
)
