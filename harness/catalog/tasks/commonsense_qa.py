"""CommonsenseQA 1.11 (Talmor et al. 2019): a question and five short answers, an intermediate task."""

from dataclasses import replace
from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, json_lines, parquet
from harness.catalog.sources.choice_records import Choices, tell_commonsense
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

READ = Choices(json_lines.read, tell_commonsense, tuple("ABCDE"), "answerKey", id="id")
HIDDEN = Choices(json_lines.read, tell_commonsense, tuple("ABCDE"), None, id="id")
NAMES = {"train": "train_rand_split", "dev": "dev_rand_split"}
COUNTS = {"train": {"en": 9_741}, "dev": {"en": 1_221}, "test": {"en": 1_140}}
FOLDERS = below("commonsense_qa", "commonsenseqa")
PART = "commonsenseqa/hf_flat/dev_rand_split.jsonl"

HUB = replace(READ, records=partial(parquet.read, columns=("id", "question", "choices", "answerKey")))
HUB_PATHS = ("data/{name}-*.parquet",)
HUB_NAMES = {"train": "train", "dev": "validation"}

TASK = Task(
    name="commonsense_qa",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(FOLDERS, ("{name}.jsonl",), READ, NAMES, COUNTS),
            *layouts(FOLDERS, ("{name}.jsonl",), HIDDEN, {"test": "test_rand_split_no_answers"}, COUNTS),
            *layouts(below("commonsenseqa/hf_flat"), ("{name}.jsonl",), READ, {"train": "train_rand_split"}, COUNTS),
            *hub_layouts(hubs.COMMONSENSE_QA, HUB_PATHS, HUB, HUB_NAMES, COUNTS),
            *hub_layouts(hubs.COMMONSENSE_QA, HUB_PATHS, replace(HUB, label=None), {"test": "test"}, COUNTS),
            # There, a part of the dev rows: training data as well, where the training file is not at hand.
            Layout(("dev",), (PART,), READ),
            Layout(("train",), (PART,), READ),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=accuracy.METRIC,
    train=("commonsense_qa",),
    evaluate_on="dev",
    train_sizes={"train": 9_741},
    # Duration as nyu-mll/jiant @daa5a25; questions are short.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 4, "window": {"max_length": 128}},
    published=Published(
        source="tau-nlp.org CommonsenseQA, random split",
        licence="MIT",
        test_labels="dev: open; test: hidden",
        memory="batch size 4 of Phang et al. (2020); version 1.11",
    ),
)
