"""Cosmos QA (Huang et al. 2019): what lies behind a told event? One of four answers, an intermediate task."""

from dataclasses import replace
from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, json_lines, parquet, tables
from harness.catalog.sources.choice_records import Choices, tell_cosmos
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

COLUMNS = ("id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label")
READ = Choices(partial(tables.read_commas, columns=COLUMNS), tell_cosmos, ("0", "1", "2", "3"), id="id")
READ_JSON = replace(READ, records=json_lines.read)
HIDDEN = replace(READ_JSON, label=None)
NAMES = {"train": "train", "dev": "valid"}
COUNTS = {"train": {"en": 25_262}, "dev": {"en": 2_985}, "test": {"en": 6_963}}
FOLDERS = below("cosmos_qa", "cosmosqa/data")
PART = "cosmosqa/valid.csv"

HUB = replace(READ, records=partial(parquet.read, columns=COLUMNS))
HUB_PATHS = ("default/{name}/*.parquet",)
HUB_NAMES = {"train": "train", "dev": "validation"}

TASK = Task(
    name="cosmos_qa",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(FOLDERS, ("{name}.csv",), READ, NAMES, COUNTS),
            *layouts(FOLDERS, ("{name}.jsonl",), READ_JSON, NAMES, COUNTS),
            *layouts(
                below("cosmos_qa", "cosmosqa/data", "cosmosqa"), ("{name}.jsonl",), HIDDEN, {"test": "test"}, COUNTS
            ),
            *layouts(below("cosmosqa"), ("{name}.csv",), READ, {"train": "train"}, COUNTS),
            *hub_layouts(hubs.COSMOS_QA, HUB_PATHS, HUB, HUB_NAMES, COUNTS),
            *hub_layouts(hubs.COSMOS_QA, HUB_PATHS, replace(HUB, label=None), {"test": "test"}, COUNTS),
            # There, a part of the dev rows: training data as well, where the training file is not at hand.
            Layout(("dev",), (PART,), READ),
            Layout(("train",), (PART,), READ),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=accuracy.METRIC,
    train=("cosmos_qa",),
    evaluate_on="dev",
    train_sizes={"train": 25_262},
    # Duration as nyu-mll/jiant @daa5a25; a context with its question and answer has about 130 tokens, some have 250.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 4, "window": {"max_length": 256}},
    published=Published(
        source="wilburOne/cosmosqa",
        licence="CC BY 4.0",
        test_labels="dev: open; test: hidden",
        memory="batch size 4 of Phang et al. (2020), who count 25,588 and 3,000 rows",
    ),
)
