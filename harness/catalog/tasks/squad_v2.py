"""SQuAD v2.0 (Rajpurkar et al. 2018): spans, with questions that have no answer; an intermediate task."""

from harness.catalog.metrics import squad
from harness.catalog.sources import squad_json
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks.squad import RECIPE
from harness.spec.task import Task

COUNTS = {"train": {"en": 130_319}, "dev": {"en": 11_873}}

TASK = Task(
    name="squad_v2",
    version=1,
    format="span",
    source=Files(
        layouts=(
            Layout(("train", "dev"), ("squad_v2/{split}-v2.0.json",), squad_json.read, COUNTS),
            # Half of the published dev set (Stanford's CS224N): training data where the official file is not at hand.
            Layout(("train",), ("squad_v2/cs224n/dev-v2.0.json",), squad_json.read),
        ),
        known=("en",),
    ),
    languages=("en",),
    metric=squad.METRIC,
    train=("squad_v2",),
    evaluate_on="dev",
    train_sizes={"train": 130_319},
    recipe=RECIPE,
    corpus="squad",
)
