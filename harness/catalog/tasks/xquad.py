"""XQuAD (Artetxe et al. 2020): 1,190 questions of SQuAD's dev set, translated; XTREME-R adds Romanian."""

from harness.catalog.metrics import squad
from harness.catalog.sources import squad_json
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks.squad import RECIPE
from harness.spec.task import Task

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
COUNTS = {"test": dict.fromkeys(LANGUAGES, 1_190)}

TASK = Task(
    name="xquad",
    version=1,
    format="span",
    source=Files(
        layouts=(Layout(("test",), ("xquad/xquad.{language}.json",), squad_json.read, COUNTS),),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=squad.METRIC,
    train=("squad",),
    recipe=RECIPE,
)
