"""PAN-X, the WikiANN sets of Rahimi et al. (2019): persons, organisations and places in XTREME-R's 48 languages."""

from functools import partial

from harness.catalog.languages import LANGUAGES
from harness.catalog.metrics import tagging_f1
from harness.catalog.sources import hub_records, hubs, parquet, tagged_lines
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks.udpos import TASK as UDPOS
from harness.spec.task import Published, Task

CODES = tuple(code for code in LANGUAGES if code not in ("ht", "wo"))
TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
SPLITS = ("train", "dev", "test")

# Sentences of train, dev and test by google/xtreme's card; of az gu lt pa pl qu ro uk, which it lacks, by the card of
# the whole of WikiANN (huggingface/datasets @040102f, datasets/wikiann/README.md), which agrees with it elsewhere.
_SIZES = {
    (20_000, 10_000, 10_000): "ar bg de el en es fa fi fr he hu id it ja ko nl pl pt ro ru th tr uk vi zh",
    (20_000, 1_000, 1_000): "ms ur",
    (15_000, 10_000, 10_000): "et",
    (15_000, 1_000, 1_000): "ta",
    (10_000, 10_000, 10_000): "eu ka lt",
    (10_000, 1_000, 1_000): "az bn ml tl",
    (5_000, 1_000, 1_000): "af hi mr",
    (1_000, 1_000, 1_000): "kk sw te",
    (100, 100, 100): "gu jv my pa qu yo",
}
COUNTS = {
    split: {code: size[at] for size, codes in _SIZES.items() for code in codes.split()}
    for at, split in enumerate(SPLITS)
}
READ = partial(tagged_lines.read, tags=TAGS)
WIKIANN = partial(tagged_lines.read_wikiann, tags=TAGS)
# The archive of each language, unpacked into a folder called after the language, the archive, or both.
INNER = (
    "{language}/{language}.tar.gz/{split}",
    "{language}.tar.gz/{split}",
    "{language}/{split}",
    "{language}-{split}",
)
XTREME = tuple(code for code in CODES if code not in ("az", "gu", "lt", "pa", "pl", "qu", "ro", "uk"))
HUB_ROWS = partial(parquet.read, columns=("tokens", "ner_tags"), classes={"ner_tags": TAGS})
HUB = partial(hub_records.read_tagged, records=HUB_ROWS, tags="ner_tags")
HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}
HOMES = below("panx", "panx_dataset", "wikiann", "AmazonPhotos", "AmazonPhotos.zip")

TASK = Task(
    name="panx",
    version=1,
    format="tagging",
    source=Files(
        layouts=(
            # First as published, since XTREME's test files hide the tags.
            *(Layout(SPLITS, (home + inner,), WIKIANN, COUNTS) for home in HOMES for inner in INNER),
            Layout(SPLITS, ("panx/{split}-{language}.tsv",), READ, COUNTS),
            *hub_layouts(hubs.XTREME, ("PAN-X.{language}/{name}-*.parquet",), HUB, HUB_NAMES, COUNTS, XTREME),
            # A few sentences each, drawn from the training sets: only where these are not at hand.
            Layout(("train",), ("panx/derived_merged/fewshot-{language}.tsv",), READ),
        ),
        known=CODES,
    ),
    languages=CODES,
    labels=TAGS,
    metric=tagging_f1.METRIC,
    train=("panx",),
    train_sizes={"train": 20_000},
    recipe=UDPOS.recipe,  # google-research/xtreme's train_panx.sh @838c13b has the values of train_udpos.sh
    published=Published(
        source="WikiANN (Pan et al. 2017) in the splits of Rahimi et al. (2019), AmazonPhotos.zip",
        licence="ODC-By 1.0",
        test_labels="open: the published archives; hidden in XTREME's own test files",
        memory="the licence",
    ),
)
