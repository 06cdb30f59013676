"""SQuAD v1.1 (Rajpurkar et al. 2016): spans that answer English questions; it trains XQuAD, MLQA and Tatoeba."""

from harness.catalog.metrics import squad
from harness.catalog.sources import hub_records, hubs, squad_json
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below
from harness.catalog.sources.published import Files, Layout, without
from harness.catalog.sources.xquad_paragraphs import PARAGRAPHS
from harness.spec.task import Published, Task

# google-research/xtreme scripts @838c13b; 2 epochs before August 2021. Its warm-up is 500 steps, of some 8,300 here.
RECIPE = {
    "duration": {"unit": "epochs", "amount": 3},
    "batch_size": 32,
    "learning_rate": 3e-5,
    "warmup": 0.06,
    "weight_decay": 1e-4,
    "window": {"max_length": 384, "stride": 128, "max_query": 64, "max_answer": 30},
}

# As published. The rows of dev are 1,190 fewer: XQuAD's English questions are theirs, so that whoever looks at dev
# would look at a test set.
COUNTS = {"train": {"en": 87_599}, "dev": {"en": 10_570}}
FOLDERS = below("squad", "squad_v1", "squad_v1.1")
HUB_PATHS = ("plain_text/{name}-*.parquet",)
HUB_DEV = {"dev": "validation"}

TASK = Task(
    name="squad",
    version=2,
    format="span",
    source=Files(
        layouts=(
            *(
                Layout((split,), (f"{folder}{{split}}-v1.1.json",), squad_json.read, COUNTS, excluded=excluded)
                for folder in FOLDERS
                for split, excluded in (("train", frozenset()), ("dev", PARAGRAPHS))
            ),
            *hub_layouts(hubs.SQUAD, HUB_PATHS, hub_records.read_spans, {"train": "train"}, COUNTS),
            *without(PARAGRAPHS, hub_layouts(hubs.SQUAD, HUB_PATHS, hub_records.read_spans, HUB_DEV, COUNTS)),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=squad.METRIC,
    train=("squad",),
    evaluate_on="dev",
    train_sizes={"train": 87_599},
    recipe=RECIPE,
    corpus="squad",
    published=Published(
        source="rajpurkar/SQuAD-explorer, train-v1.1.json and dev-v1.1.json",
        licence="CC BY-SA 4.0",
        test_labels="open: dev without XQuAD's paragraphs, 9,380 questions; the test set is not published",
    ),
)
