"""Toy retrieval: find the sentence that tells the same fact as the English one, among 200."""

from harness.catalog.metrics import nearest
from harness.catalog.sources import world_items
from harness.catalog.sources.world import World
from harness.catalog.sources.world_grammar import BASE, LANGUAGES
from harness.catalog.sources.world_words import gloss
from harness.spec.task import Task

TASK = Task(
    name="toy_retrieval",
    version=1,
    format="retrieval",
    source=World("retrieval", world_items.draw_sentence, world_items.tell_translation, {"dev": 200, "test": 200}),
    languages=tuple(name for name in LANGUAGES if name != BASE.name),
    metric=nearest.METRIC,
    recipe={"window": {"max_length": 64}},
    gloss=gloss,
)
