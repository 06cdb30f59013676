"""SQuAD v1.1 (Rajpurkar et al. 2016): spans that answer English questions; it trains XQuAD, MLQA and Tatoeba."""

from harness.catalog.metrics import squad
from harness.catalog.sources import squad_json
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Task

# google-research/xtreme scripts @838c13b; 2 epochs before August 2021.
RECIPE = {
    "duration": {"unit": "epochs", "amount": 3},
    "batch_size": 32,
    "learning_rate": 3e-5,
    "weight_decay": 1e-4,
    "window": {"max_length": 384, "stride": 128, "max_query": 64, "max_answer": 30},
}

COUNTS = {"train": {"en": 87_599}, "dev": {"en": 10_570}}

TASK = Task(
    name="squad",
    version=1,
    format="span",
    source=Files(
        layouts=(
            Layout(("train", "dev"), ("squad/{split}-v1.1.json",), squad_json.read, COUNTS),
            Layout(("train", "dev"), ("squad_v1/{split}-v1.1.json",), squad_json.read, COUNTS),
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
)
