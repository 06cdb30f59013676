"""SQuAD v2.0 (Rajpurkar et al. 2018): spans, with questions that have no answer; an intermediate task."""

from harness.catalog.metrics import squad_v2
from harness.catalog.sources import hub_records, hubs, squad_json
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below
from harness.catalog.sources.published import Files, Layout, without
from harness.catalog.sources.xquad_paragraphs import PARAGRAPHS
from harness.catalog.tasks.squad import HUB_DEV, RECIPE
from harness.spec.task import Published, Task

# As published; the rows of dev are fewer, as those of SQuAD v1.1 (tasks/squad.py).
COUNTS = {"train": {"en": 130_319}, "dev": {"en": 11_873}}
FOLDERS = below("squad_v2", "squad_v2.0", "squad")
HUB_PATHS = ("squad_v2/{name}-*.parquet",)

TASK = Task(
    name="squad_v2",
    version=2,
    format="span",
    source=Files(
        layouts=(
            *(
                Layout((split,), (f"{folder}{{split}}-v2.0.json",), squad_json.read, COUNTS, excluded=excluded)
                for folder in FOLDERS
                for split, excluded in (("train", frozenset()), ("dev", PARAGRAPHS))
            ),
            *hub_layouts(hubs.SQUAD_V2, HUB_PATHS, hub_records.read_spans, {"train": "train"}, COUNTS),
            *without(PARAGRAPHS, hub_layouts(hubs.SQUAD_V2, HUB_PATHS, hub_records.read_spans, HUB_DEV, COUNTS)),
            # Half of the published dev set (Stanford's CS224N): training data where the official file is not at hand.
            Layout(("train",), ("squad_v2/cs224n/dev-v2.0.json",), squad_json.read),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=squad_v2.METRIC,
    train=("squad_v2",),
    evaluate_on="dev",
    train_sizes={"train": 130_319},
    recipe=RECIPE,
    corpus="squad",
    unanswerable=True,
    published=Published(
        source="rajpurkar/SQuAD-explorer, train-v2.0.json and dev-v2.0.json",
        licence="CC BY-SA 4.0",
        test_labels="open: dev without XQuAD's paragraphs; the test set is not published",
    ),
)
