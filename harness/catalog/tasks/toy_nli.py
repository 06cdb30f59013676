"""Toy inference: does an opinion on a statement follow from it? It takes verb, negation and opinion; chance 50."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

SIZES = {"train": 2000, "dev": 200, "test": 200}

TASK = Task(
    name="toy_nli",
    version=1,
    format="pair",
    source=World("inference", world_items.draw_inference, world_items.tell_inference, SIZES),
    languages=tuple(LANGUAGES),
    labels=("entailment", "contradiction"),
    metric=accuracy.METRIC,
    train=("toy_nli",),
    train_sizes={"train": 2000},
    recipe={"duration": {"unit": "epochs", "amount": 6}, "batch_size": 16, "window": {"max_length": 64}},
    gloss=gloss,
)
