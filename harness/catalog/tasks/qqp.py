"""QQP (Quora question pairs, as in GLUE): do two questions ask the same? Users may give translated training rows."""

from functools import partial

from harness.catalog.languages import ENGLISH, LANGUAGES
from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, parquet, tables
from harness.catalog.sources.pair_records import Pairs
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

LABELS = {"0": "0", "1": "1"}
QUESTIONS = ("question1", "question2")
# A few questions hold a line end, which tears their rows in GLUE's files apart; all readers of GLUE leave such pieces
# out, and the published counts are those without them.
TORN = 20
READ = Pairs(
    partial(tables.read_tabs, columns=(*QUESTIONS, "is_duplicate"), skipped=TORN), QUESTIONS, "is_duplicate", LABELS
)
READ_TRANSLATED = Pairs(
    partial(tables.read_tabs, columns=(*QUESTIONS, "is_duplicate")), QUESTIONS, "is_duplicate", LABELS
)
READ_HIDDEN = Pairs(partial(tables.read_tabs, columns=QUESTIONS), QUESTIONS, None)
GLUE = below("QQP", "qqp", "glue/QQP", "glue_data/QQP", "glue_qqp/QQP")
COUNTS = {"train": {"en": 363_846}, "dev": {"en": 40_430}, "test": {"en": 390_965}}

HUB_LABELS = {"not_duplicate": "0", "duplicate": "1"}
HUB_ROWS = partial(parquet.read, columns=(*QUESTIONS, "label"), classes={"label": tuple(HUB_LABELS)})
HUB = Pairs(HUB_ROWS, QUESTIONS, "label", HUB_LABELS)
HUB_HIDDEN = Pairs(HUB_ROWS, QUESTIONS, None)
HUB_PATHS = ("qqp/{name}-*.parquet",)

TASK = Task(
    name="qqp",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            *layouts(GLUE, ("{name}.tsv",), READ, {"train": "train", "dev": "dev"}, COUNTS, (ENGLISH,)),
            *layouts(GLUE, ("{name}.tsv",), READ_HIDDEN, {"test": "test"}, COUNTS, (ENGLISH,)),
            *layouts(below("translated/qqp"), ("{name}.{language}.tsv",), READ_TRANSLATED, {"train": "train"}),
            *hub_layouts(hubs.GLUE, HUB_PATHS, HUB, {"train": "train", "dev": "validation"}, COUNTS, (ENGLISH,)),
            *hub_layouts(hubs.GLUE, HUB_PATHS, HUB_HIDDEN, {"test": "test"}, COUNTS, (ENGLISH,)),
        ),
        known=tuple(LANGUAGES),
    ),
    languages=tuple(LANGUAGES),
    labels=tuple(LABELS),
    metric=accuracy.METRIC,
    train=("qqp",),
    evaluate_on="dev",
    train_sizes={"train": 363_846},
    # Duration as nyu-mll/jiant @daa5a25, length as XTREME's scripts for pairs.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 128}},
    published=Published(
        source="GLUE's QQP; translations are the user's own files",
        licence="Quora's terms, not for commercial use",
        test_labels="dev: open; test: hidden",
        memory="licence; batch size 24 of Phang et al. (2020); how many rows GLUE's files have torn apart",
    ),
)
