"""Toy sense tagging: for every word of a fact without names, what kind of thing it means."""

from harness.catalog.metrics import tagging_f1
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES, SENSES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

TASK = Task(
    name="toy_senses",
    version=1,
    format="tagging",
    source=World("senses", world_items.draw_tagged, world_items.tell_tagged, {"train": 200, "dev": 200, "test": 200}),
    languages=tuple(LANGUAGES),
    labels=tuple(sorted(set(SENSES.values()))),
    metric=tagging_f1.METRIC,
    train=("toy_senses",),
    train_sizes={"train": 200},
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 16, "window": {"max_length": 64}},
    gloss=gloss,
)
