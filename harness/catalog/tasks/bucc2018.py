"""BUCC 2018 (Zweigenbaum et al. 2018): find the sentences that translate each other in two texts that do not."""

from harness.catalog.metrics import mining
from harness.catalog.sources import bucc_files
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

LANGUAGES = ("de", "fr", "ru", "zh")
TEXTS = ("{language}-en.{part}.{language}", "{language}-en.{part}.en")
GOLD = "{language}-en.{part}.gold"
# XTREME's test is the training set of the shared task, its dev the sample (download_data.sh); neither is trained on.
PARTS = {"test": "training", "dev": "sample"}


def _paths(folder: str, part: str, *names: str) -> tuple[str, ...]:
    return tuple(f"bucc2018/{folder}{name.replace('{part}', part)}" for name in names)


TASK = Task(
    name="bucc2018",
    version=1,
    format="retrieval",
    source=Files(
        layouts=(
            # First as published, since XTREME deletes the gold of its test.
            *(
                Layout((split,), _paths("{language}-en/", part, *TEXTS, GOLD), bucc_files.read)
                for split, part in PARTS.items()
            ),
            Layout(
                ("dev", "test"), _paths("", "{split}", *TEXTS), bucc_files.read, optional=_paths("", "{split}", GOLD)
            ),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=mining.METRIC,
    # XTREME's run_bucc2018.sh @838c13b reads 512 tokens; nothing is trained.
    recipe={"window": {"max_length": 512, "max_query": 512}},
    tuned_on="dev",
    search="margin",
    published=Published(
        source="comparable.limsi.fr/bucc2018: training and sample sets",
        licence="not stated",
        test_labels="open in the archives of the shared task; XTREME deletes them",
        memory="that no licence is stated",
    ),
)
