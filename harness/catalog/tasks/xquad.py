"""XQuAD (Artetxe et al. 2020): 1,190 questions of SQuAD's dev set, translated; XTREME-R adds Romanian."""

from harness.catalog.metrics import squad
from harness.catalog.sources import hub_records, hubs, squad_json
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks.squad import RECIPE
from harness.spec.task import Published, Task

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
COUNTS = {"test": dict.fromkeys(LANGUAGES, 1_190)}
HUB_PATHS = ("xquad.{language}/{name}-*.parquet",)

TASK = Task(
    name="xquad",
    version=1,
    format="span",
    source=Files(
        layouts=(
            *(
                Layout(("test",), (f"{folder}xquad.{{language}}.json",), squad_json.read, COUNTS)
                for folder in below("xquad-master", "xquad/xquad-master", "xquad")
            ),
            *hub_layouts(hubs.XQUAD, HUB_PATHS, hub_records.read_spans, {"test": "validation"}, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=squad.METRIC,
    train=("squad",),
    recipe=RECIPE,
    published=Published(
        source="google-deepmind/xquad",
        licence="CC BY-SA 4.0",
        test_labels="open: the release; hidden in the files that XTREME's script leaves",
    ),
)
