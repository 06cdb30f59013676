"""Toy question answering: the verb or the place of one of two facts."""

from harness.catalog.metrics import squad
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import LANGUAGES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

TASK = Task(
    name="toy_qa",
    version=1,
    format="span",
    source=World("qa", world_items.draw_question, world_items.tell_question, {"train": 2000, "dev": 200, "test": 200}),
    languages=tuple(LANGUAGES),
    metric=squad.METRIC,
    train=("toy_qa",),
    train_sizes={"train": 2000},
    recipe={
        "duration": {"unit": "epochs", "amount": 4},
        "batch_size": 16,
        "window": {"max_length": 64, "stride": 32, "max_query": 16, "max_answer": 4},
    },
    gloss=gloss,
)
