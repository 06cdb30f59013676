"""Toy choice: which of two things is a verb for, one of food and one of tools? Chance 50."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

TASK = Task(
    name="toy_choice",
    version=1,
    format="choice",
    source=World("errand", world_items.draw_errand, world_items.tell_errand, {"train": 640, "dev": 200, "test": 200}),
    languages=tuple(LANGUAGES),
    metric=accuracy.METRIC,
    train=("toy_choice",),
    train_sizes={"train": 640},
    recipe={"duration": {"unit": "epochs", "amount": 1}, "batch_size": 16, "window": {"max_length": 64}},
    gloss=gloss,
)
