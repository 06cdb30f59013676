"""HellaSwag (Zellers et al. 2019): which of four endings goes on? Users may give translated training rows."""

from dataclasses import replace
from functools import partial

from harness.catalog.languages import ENGLISH, LANGUAGES
from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, json_lines, parquet
from harness.catalog.sources.choice_records import Choices, tell_hellaswag
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

READ = Choices(json_lines.read, tell_hellaswag, ("0", "1", "2", "3"))
HIDDEN = replace(READ, label=None)
FOLDERS = below("hellaswag", "hellaswag/data")
COUNTS = {"train": {"en": 39_905}, "dev": {"en": 10_042}, "test": {"en": 10_003}}

HUB = replace(READ, records=partial(parquet.read, columns=("ctx", "endings", "label")))
HUB_HIDDEN = replace(HUB, label=None)
HUB_NAMES = {"train": "train", "dev": "validation"}
HUB_PATHS = ("data/{name}-*.parquet",)

TASK = Task(
    name="hellaswag",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(FOLDERS, ("hellaswag_{name}.jsonl",), READ, {"train": "train", "dev": "val"}, COUNTS, (ENGLISH,)),
            *layouts(FOLDERS, ("hellaswag_{name}.jsonl",), HIDDEN, {"test": "test"}, COUNTS, (ENGLISH,)),
            *layouts(below("translated/hellaswag"), ("{name}.{language}.jsonl",), READ, {"train": "train"}),
            *hub_layouts(hubs.HELLASWAG, HUB_PATHS, HUB, HUB_NAMES, COUNTS, (ENGLISH,)),
            *hub_layouts(hubs.HELLASWAG, HUB_PATHS, HUB_HIDDEN, {"test": "test"}, COUNTS, (ENGLISH,)),
        ),
        known=tuple(LANGUAGES),
    ),
    languages=tuple(LANGUAGES),
    metric=accuracy.METRIC,
    train=("hellaswag",),
    evaluate_on="dev",
    train_sizes={"train": 39_905},
    # Duration and length as nyu-mll/jiant @daa5a25. There the context is `ctx_a` and `ctx_b` stands before each ending.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 256}},
    published=Published(
        source="rowanz/hellaswag; translations are the user's own files",
        licence="MIT",
        test_labels="dev: open; test: hidden",
        memory="batch size 24 of Phang et al. (2020); length 256",
    ),
)
