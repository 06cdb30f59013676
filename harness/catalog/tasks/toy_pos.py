"""Toy part-of-speech tagging of single facts without names."""

from harness.catalog.metrics import tagging_f1
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES, TAGS
from harness.spec.task import Task

TASK = Task(
    name="toy_pos",
    version=1,
    format="tagging",
    source=World("pos", world_items.draw_tagged, world_items.tell_tagged, {"train": 400, "dev": 200, "test": 200}),
    languages=tuple(LANGUAGES),
    labels=tuple(sorted(set(TAGS.values()))),
    metric=tagging_f1.METRIC,
    train=("toy_pos",),
    train_sizes={"train": 400},
    recipe={"duration": {"unit": "epochs", "amount": 4}, "batch_size": 16, "window": {"max_length": 64}},
)
