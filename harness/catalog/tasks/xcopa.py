"""XCOPA (Ponti et al. 2020): COPA in 11 languages; trained on Social IQa and then COPA, both English."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.recipes import XTREME
from harness.catalog.sources import hubs, json_lines, parquet
from harness.catalog.sources.choice_records import Choices, read_without_placeholders, tell_copa
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

LANGUAGES = ("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh")
READ = partial(read_without_placeholders, read=Choices(json_lines.read, tell_copa, ("0", "1"), id="idx"))
NAMES = {"dev": "val", "test": "test"}
COUNTS = {"dev": dict.fromkeys(LANGUAGES, 100), "test": dict.fromkeys(LANGUAGES, 500)}
REPOSITORY = tuple(
    f"{start}{inner}" for start in unpacked("xcopa-master.zip", "xcopa") for inner in ("", "xcopa-master/")
)

HUB_ROWS = partial(parquet.read, columns=("premise", "choice1", "choice2", "question", "label", "idx"))
HUB = partial(read_without_placeholders, read=Choices(HUB_ROWS, tell_copa, ("0", "1"), id="idx"))
HUB_NAMES = {"dev": "validation", "test": "test"}

TASK = Task(
    name="xcopa",
    version=1,
    format="choice",
    source=Files(
        layouts=(
            *layouts(
                ("xcopa/data/", *(f"{start}data/" for start in REPOSITORY)),
                ("{language}/{name}.{language}.jsonl",),
                READ,
                NAMES,
                COUNTS,
            ),
            *layouts(below("xcopa"), ("{name}.{language}.jsonl",), READ, NAMES, COUNTS),
            *layouts(below("xcopa"), ("{name}-{language}.jsonl",), READ, NAMES, COUNTS),
            *hub_layouts(hubs.XCOPA, ("{language}/{name}-*.parquet",), HUB, HUB_NAMES, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=accuracy.METRIC,
    train=("siqa", "copa"),
    recipe=XTREME,
    published=Published(
        source="cambridgeltl/xcopa; XTREME's download",
        licence="CC BY 4.0",
        test_labels="open: cambridgeltl/xcopa; labels that are all the same are placeholders, so hidden",
    ),
)
