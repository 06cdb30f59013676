"""MLQA (Lewis et al. 2020) as XTREME uses it: Wikipedia in seven languages, context and question in the same one."""

from harness.catalog.metrics import mlqa
from harness.catalog.sources import hub_records, hubs, squad_json
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import unpacked
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks.squad import RECIPE
from harness.spec.task import Published, Task

# Questions of dev and test, by the cards of facebook/mlqa and google/xtreme.
SIZES = {
    "ar": (517, 5_335),
    "de": (512, 4_517),
    "en": (1_148, 11_590),
    "es": (500, 5_253),
    "hi": (507, 4_918),
    "vi": (511, 5_495),
    "zh": (504, 5_137),
}
LANGUAGES = tuple(SIZES)
COUNTS = {split: {code: size[at] for code, size in SIZES.items()} for at, split in enumerate(("dev", "test"))}
FILE = "MLQA_V1/{split}/{split}-context-{language}-question-{language}.json"
HUB_PATHS = ("MLQA.{language}.{language}/{name}-*.parquet",)

TASK = Task(
    name="mlqa",
    version=1,
    format="span",
    source=Files(
        layouts=(
            *(
                Layout(("dev", "test"), (start + FILE,), squad_json.read, COUNTS)
                for start in unpacked("MLQA_V1.zip", "mlqa")
            ),
            *hub_layouts(hubs.XTREME, HUB_PATHS, hub_records.read_spans, {"dev": "validation", "test": "test"}, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=mlqa.METRIC,
    train=("squad",),
    recipe=RECIPE,
    published=Published(
        source="facebookresearch/MLQA, MLQA_V1.zip",
        licence="CC BY-SA 3.0",
        test_labels="open: the release; hidden in the files that XTREME's script leaves",
    ),
)
