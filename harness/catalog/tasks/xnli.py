"""XNLI (Conneau et al. 2018): inference between two sentences in 15 languages, trained on English MNLI."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.recipes import xtreme
from harness.catalog.sources import hubs, nli_files, pair_lines
from harness.catalog.sources.pair_records import NLI
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.catalog.tasks import mnli
from harness.spec.task import Published, Task

LANGUAGES = mnli.LANGUAGES
NAMES = {split: split for split in ("train", "dev", "test")}
GOLD = {split: split for split in ("dev", "test")}
COUNTS = {
    "train": {"en": mnli.ROWS},
    "dev": dict.fromkeys(LANGUAGES, 2_490),
    "test": dict.fromkeys(LANGUAGES, 5_010),
}
XTREME = partial(pair_lines.read_xtreme, labels=tuple(NLI))
ORIGINAL = unpacked("XNLI-1.0.zip", "xnli")
TRANSLATED = unpacked("XNLI-MT-1.0.zip", "xnli")

HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}

TASK = Task(
    name="xnli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            # First as published, since XTREME's test files hide the labels.
            *layouts(ORIGINAL, ("XNLI-1.0/xnli.{name}.tsv",), nli_files.XNLI_TEXT, GOLD, COUNTS),
            *layouts(ORIGINAL, ("XNLI-1.0/xnli.{name}.jsonl",), nli_files.XNLI_JSON, GOLD, COUNTS),
            *layouts(below("xnli/xtreme", "xnli"), ("{name}-{language}.tsv",), XTREME, NAMES, COUNTS),
            *layouts(
                TRANSLATED,
                ("XNLI-MT-1.0/multinli/multinli.train.{language}.tsv",),
                nli_files.TRANSLATED_PREPARED,
                {"train": "train"},
                COUNTS,
            ),
            # MNLI by itself: the same rows, but not tokenised as XTREME has them.
            *(layout for layout in mnli.ENGLISH_LAYOUTS if layout.splits == ("train",)),
            *hub_layouts(hubs.XNLI, ("{language}/{name}-*.parquet",), nli_files.HUB_PREPARED, HUB_NAMES, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    labels=tuple(NLI),
    metric=accuracy.METRIC,
    train=("xnli",),  # XTREME's train-en.tsv, which is MNLI's training set
    train_sizes={"train": mnli.ROWS},
    recipe=xtreme(5),
    corpus="mnli",
    published=Published(
        source="XNLI 1.0 and XNLI-MT 1.0 (facebookresearch/XNLI); XTREME's preparation",
        licence="CC BY-NC 4.0",
        test_labels="open: XNLI-1.0; XTREME's own test files hide them",
    ),
)
