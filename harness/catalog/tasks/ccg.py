"""CCG supertagging (Hockenmaier and Steedman 2007): the lexical category of every word, an intermediate task."""

from functools import lru_cache
from pathlib import Path

from harness.catalog.metrics import word_accuracy
from harness.catalog.sources import ccg_files
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.example import TaggedExample
from harness.spec.task import Published, Task

NAMES = {split: split for split in ("train", "dev", "test")}
# The usual sections of the Wall Street Journal.
SECTIONS = {"train": range(2, 22), "dev": (0,), "test": (23,)}
BANK = tuple(
    layout
    for split, sections in SECTIONS.items()
    for layout in layouts(
        unpacked("ccgbank_1_1.tgz", "ccg"),
        tuple(f"ccgbank_1_1/data/AUTO/{section:02d}/wsj_*.auto" for section in sections),
        ccg_files.read_trees,
        {split: split},
    )
)
SOURCE = Files(
    layouts=(*layouts(below("ccg"), ("ccg.{name}",), ccg_files.read_lines_of_tags, NAMES), *BANK),
    known=("en",),
)


def labels(root: Path | None) -> tuple[str, ...]:
    """The supertags of all training rows below `root`, sorted; none without them.

    There are more than a thousand, and no closed list: a tag that occurs in dev alone cannot be predicted.
    """
    digest = SOURCE.digest(root, "train", "en")
    return _labels(root, digest) if digest else ()


@lru_cache(maxsize=1)
def _labels(root: Path | None, digest: str) -> tuple[str, ...]:
    rows = (row for row in SOURCE.rows(root, "train", "en") if isinstance(row, TaggedExample))
    return tuple(sorted({tag for row in rows for tag in row.tags or ()}))


TASK = Task(
    name="ccg",
    version=1,
    format="tagging",
    source=SOURCE,
    languages=("en",),
    read_labels=labels,
    metric=word_accuracy.METRIC,
    train=("ccg",),
    evaluate_on="dev",
    train_sizes={"train": 38_015},
    # Duration as nyu-mll/jiant @daa5a25.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 128}},
    published=Published(
        source="CCGbank, LDC2005T13: trees, or words and tags as nyu-mll/jiant reads them",
        licence="LDC's; run on fixtures only",
        test_labels="dev: open",
        memory="38,015 training rows and batch size 24 of Phang et al. (2020); sections 02-21, 00 and 23; length 128",
    ),
)
