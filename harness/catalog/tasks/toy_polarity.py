"""Toy attitude: does the second speaker like what the first one tells? Verb polarity XOR agreement, chance 50."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

TASK = Task(
    name="toy_polarity",
    version=1,
    format="pair",
    source=World(
        "polarity", world_items.draw_agreement, world_items.tell_agreement, {"train": 2000, "dev": 200, "test": 200}
    ),
    languages=tuple(LANGUAGES),
    labels=("positive", "negative"),
    metric=accuracy.METRIC,
    train=("toy_polarity",),
    train_sizes={"train": 2000},
    recipe={"duration": {"unit": "epochs", "amount": 4}, "batch_size": 32, "window": {"max_length": 64}},
    gloss=gloss,
)
