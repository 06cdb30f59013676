"""Pretraining text of the generated world, in every language but those called z."""

from harness.catalog.sources.world_text import WorldText
from harness.spec.task import Task

SOURCE = WorldText()

TASK = Task(
    name="toy_text",
    version=1,
    format="mlm",
    source=SOURCE,
    languages=SOURCE.languages(None, "train"),
    recipe={"window": {"max_length": 64}},
)
