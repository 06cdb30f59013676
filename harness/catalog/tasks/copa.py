"""COPA (Roemmele et al. 2011), as in SuperGLUE: which of two was the cause, or the effect? XCOPA trains on it."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.recipes import xtreme
from harness.catalog.sources import hubs, json_lines, parquet
from harness.catalog.sources.choice_records import Choices, read_without_placeholders, tell_copa
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

READ = Choices(json_lines.read, tell_copa, ("0", "1"), id="idx")
# SuperGLUE's test file has no labels, copies of it have 0 everywhere.
READ_TEST = partial(
    read_without_placeholders, read=Choices(json_lines.read, tell_copa, ("0", "1"), optional=True, id="idx")
)
NAMES = {"train": "train", "dev": "val"}
# As XTREME's copies hold, which were counted.
COUNTS = {"train": {"en": 400}, "dev": {"en": 100}, "test": {"en": 500}}
SUPERGLUE = unpacked("COPA.zip", "copa", "xcopa", "superglue", "super_glue")
XTREME = below("xcopa", "xcopa/copa_en", "copa")  # XTREME's download writes train.en, its loader reads train-en

HUB_ROWS = partial(
    parquet.read,
    columns=("premise", "choice1", "choice2", "question", "label", "idx"),
    classes={"label": ("choice1", "choice2")},
)
HUB = Choices(HUB_ROWS, tell_copa, ("choice1", "choice2"), id="idx")
HUB_HIDDEN = Choices(HUB_ROWS, tell_copa, ("choice1", "choice2"), None, id="idx")
HUB_NAMES = {"train": "train", "dev": "validation"}

TASK = Task(
    name="copa",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(SUPERGLUE, ("COPA/{name}.jsonl",), READ, NAMES, COUNTS),
            *layouts(SUPERGLUE, ("COPA/{name}.jsonl",), READ_TEST, {"test": "test"}, COUNTS),
            *layouts(XTREME, ("{name}.en.jsonl",), READ, NAMES, COUNTS),
            *layouts(XTREME, ("{name}.en.jsonl",), READ_TEST, {"test": "test"}, COUNTS),
            *layouts(XTREME, ("{name}-en.jsonl",), READ, NAMES, COUNTS),
            *layouts(XTREME, ("{name}-en.jsonl",), READ_TEST, {"test": "test"}, COUNTS),
            *hub_layouts(hubs.SUPER_GLUE, ("copa/{name}-*.parquet",), HUB, HUB_NAMES, COUNTS),
            *hub_layouts(hubs.SUPER_GLUE, ("copa/{name}-*.parquet",), HUB_HIDDEN, {"test": "test"}, COUNTS),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=accuracy.METRIC,
    train=("copa",),
    evaluate_on="dev",
    train_sizes={"train": 400},
    recipe=xtreme(5),
    published=Published(
        source="SuperGLUE's COPA, as XTREME downloads it",
        licence="BSD 2-Clause",
        test_labels="dev: open; test: hidden",
    ),
)
