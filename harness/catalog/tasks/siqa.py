"""Social IQa 1.4 (Sap et al. 2019): a social situation, a question and three answers; XCOPA trains on it first."""

from dataclasses import replace
from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.recipes import xtreme
from harness.catalog.sources import hubs, json_lines, parquet
from harness.catalog.sources.choice_records import Choices, tell_siqa
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

READ = Choices(json_lines.read, tell_siqa, tuple("ABC"), "correct")
READ_APART = replace(READ, records=json_lines.read_with_labels, names=tuple("123"), label="label")
# As huggingface/datasets @040102f counts the leaderboard's files (datasets/social_i_qa/dataset_infos.json).
COUNTS = {"train": {"en": 33_410}, "dev": {"en": 1_954}}
LEADERBOARD = ("socialiqa-train-dev/{name}.jsonl", "socialiqa-train-dev/{name}-labels.lst")
FOLDERS = below("siqa", "socialIQa_v1.4", "siqa/socialIQa_v1.4")
DEV = "socialIQa_v1.4_dev.jsonl"

HUB_ROWS = partial(parquet.read, columns=("context", "question", "answerA", "answerB", "answerC", "label"))
HUB = replace(READ_APART, records=HUB_ROWS)
HUB_NAMES = {"train": "train", "dev": "validation"}

TASK = Task(
    name="siqa",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(FOLDERS, ("socialIQa_v1.4_{name}.jsonl",), READ, {"train": "trn"}, COUNTS),
            *layouts(FOLDERS, (DEV,), READ, {"dev": "dev"}),  # not counted: a part of this file is in use, too
            *layouts(FOLDERS, ("socialIQa_v1.4_{name}.jsonl",), READ, {"test": "tst"}),
            *layouts(
                unpacked("socialiqa-train-dev.zip", "siqa", "social_i_qa"),
                LEADERBOARD,
                READ_APART,
                {"train": "train", "dev": "dev"},
                COUNTS,
            ),
            *hub_layouts(hubs.SIQA, ("default/{name}/*.parquet",), HUB, HUB_NAMES, COUNTS),
            # Dev rows are training data only where no training file is at hand.
            Layout(("train",), (f"siqa/{DEV}",), READ),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=accuracy.METRIC,
    train=("siqa",),
    evaluate_on="dev",
    train_sizes={"train": 33_410},
    recipe=xtreme(5),
    published=Published(
        source="Social IQa 1.4 (maartensap.github.io/social-iqa); the leaderboard's train and dev files",
        licence="CC BY 4.0",
        test_labels="dev: open",
    ),
)
