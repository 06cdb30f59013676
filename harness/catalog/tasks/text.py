"""Unlabelled text of the user's own, a line a text, for masked language modelling beside or before other tasks."""

from harness.catalog.languages import LANGUAGES
from harness.catalog.sources import plain_lines
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

TASK = Task(
    name="text",
    version=1,
    format="mlm",
    source=Files(
        layouts=(Layout(("train",), ("text/{language}.txt",), plain_lines.read),),
        known=tuple(LANGUAGES),
    ),
    languages=tuple(LANGUAGES),
    recipe={"window": {"max_length": 128}},
    published=Published(
        source="the user's own files, text/{language}.txt below the data folder",
        licence="the user's",
        test_labels="none: text is trained on, never evaluated",
    ),
)
