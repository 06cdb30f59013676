"""ANLI (Nie et al. 2020): adversarial inference between a paragraph and a sentence, an intermediate task."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.sources import anli_files, hubs, parquet
from harness.catalog.sources.pair_records import NLI, Pairs
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import layouts, unpacked
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

ROUNDS = ("R1", "R2", "R3")
NAMES = {split: split for split in ("train", "dev", "test")}
# 16,946 + 45,460 + 100,459 train rows; 1,000 + 1,000 + 1,200 in dev and as many in test.
COUNTS = {"train": {"en": 162_865}, "dev": {"en": 3_200}, "test": {"en": 3_200}}
ANALYSED = {"train": {"en": 1_000}}
RELEASES = tuple(
    f"{start}{release}/" for release in ("anli_v1.0", "anli_v0.1") for start in unpacked(f"{release}.zip", "anli")
)

TEXTS = ("premise", "hypothesis")
HUB_ROWS = partial(parquet.read, columns=("uid", *TEXTS, "label"), classes={"label": tuple(NLI)})
HUB_PATHS = tuple(f"plain_text/{{name}}_{part.lower()}-*.parquet" for part in ROUNDS)

TASK = Task(
    name="anli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            *layouts(
                RELEASES, tuple(f"{part}/{{name}}.jsonl" for part in ROUNDS), anli_files.read_jsonl, NAMES, COUNTS
            ),
            *hub_layouts(hubs.ANLI, HUB_PATHS, Pairs(HUB_ROWS, TEXTS, "label", id="uid"), NAMES, COUNTS),
            # The authors' analysis of round 1's dev rows: training data only where the release is not at hand.
            Layout(("train",), ("anli/ANLI_analysis_r1_dev.csv",), anli_files.read_analysis, ANALYSED),
        ),
        known=("en",),
    ),
    languages=("en",),
    labels=("entailment", "neutral", "contradiction"),
    metric=accuracy.METRIC,
    train=("anli",),
    train_sizes={"train": 162_865},
    # Duration as nyu-mll/jiant @daa5a25; batch size as XTREME's scripts for pairs; paragraphs need the longer window.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 32, "window": {"max_length": 256}},
    published=Published(
        source="facebookresearch/anli, release 1.0",
        licence="CC BY-NC 4.0",
        test_labels="open: the release",
    ),
)
