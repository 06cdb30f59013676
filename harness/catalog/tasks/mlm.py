"""Masked language modelling on the unlabelled text of other tasks, which `Data.text` names; it has no rows itself."""

from harness.catalog.sources.published import Files
from harness.spec.task import Task

TASK = Task(
    name="mlm",
    version=1,
    format="mlm",
    source=Files(layouts=(), known=()),
    languages=(),
    recipe={"window": {"max_length": 128}},
)
