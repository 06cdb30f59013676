"""PAWS-X (Yang et al. 2019): paraphrase or not, in spite of shared words; seven languages, trained on English PAWS."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.recipes import xtreme
from harness.catalog.sources import hubs, pair_lines, parquet, tables
from harness.catalog.sources.pair_records import SENTENCES, Pairs
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

LANGUAGES = ("de", "en", "es", "fr", "ja", "ko", "zh")
LABELS = {"0": "0", "1": "1"}
NAMES = {split: split for split in ("train", "dev", "test")}
GOLD = {"dev": "dev_2k", "test": "test_2k"}
COUNTS = {"train": {"en": 49_401}, "dev": dict.fromkeys(LANGUAGES, 2_000), "test": dict.fromkeys(LANGUAGES, 2_000)}

ARCHIVES = unpacked("x-final.tar.gz", "pawsx", "paws-x", "paws-x/{language}")
# Numbered in the order of the file, as XTREME does it, not by the column `id`.
PUBLISHED = Pairs(
    partial(tables.read_tabs, columns=(*SENTENCES, "label")),
    SENTENCES,
    "label",
    LABELS,
    written=pair_lines.as_prepared,
)
XTREME = partial(pair_lines.read_xtreme, labels=tuple(LABELS))
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")

# The hub's copy was read as CSV, so that a text which begins with a quotation mark lacks it there.
HUB_ROWS = partial(parquet.read, columns=(*SENTENCES, "label"), classes={"label": tuple(LABELS)})
HUB = Pairs(HUB_ROWS, SENTENCES, "label", LABELS, written=pair_lines.as_prepared)
HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}

TASK = Task(
    name="pawsx",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            # First as published, since XTREME's test files hide the labels.
            *layouts(ARCHIVES, ("x-final/{language}/{name}.tsv",), PUBLISHED, GOLD, COUNTS),
            *layouts(ARCHIVES, ("x-final/{language}/{name}.tsv",), PUBLISHED, {"train": "train"}, COUNTS, ("en",)),
            *layouts(below("pawsx"), ("{name}-{language}.tsv",), XTREME, NAMES, COUNTS),
            *layouts(
                ARCHIVES,
                ("x-final/{language}/{name}.tsv",),
                PUBLISHED,
                {"train": "translated_train"},
                languages=TRANSLATED,
            ),
            *hub_layouts(hubs.PAWS_X, ("{language}/{name}-*.parquet",), HUB, HUB_NAMES, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    labels=tuple(LABELS),
    metric=accuracy.METRIC,
    train=("pawsx",),
    train_sizes={"train": 49_401},
    recipe=xtreme(5) | {"learning_rate": 2e-5},
    published=Published(
        source="google-research-datasets/paws, x-final; XTREME's preparation",
        licence="free for any use, with attribution",
        test_labels="open: x-final; XTREME's own test files hide them",
    ),
)
