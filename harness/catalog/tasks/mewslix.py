"""Mewsli-X (Ruder et al. 2021): find the entity that a WikiNews article mentions among a million descriptions."""

from harness.catalog.metrics import mean_average_precision
from harness.catalog.sources import mewslix_files
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Pool, Published, Task

LANGUAGES = ("ar", "de", "en", "es", "fa", "ja", "pl", "ro", "ta", "tr", "uk")
# Entities are described in 50 languages in one file, whose order breaks ties: one pool, "mul" as ISO 639-2 has it.
MANY = ("mul",)
ENGLISH = ("en",)
# Of release 20220518_6, as its mewsli-x.md counts them; the paper's data were others.
DEV = (318, 326, 316, 311, 72, 310, 304, 145, 312, 262, 315)
TEST = (1501, 1551, 1490, 1552, 458, 1519, 1562, 672, 1567, 1215, 1537)
COUNTS = {
    "dev": dict(zip(LANGUAGES, DEV, strict=True)),
    "test": dict(zip(LANGUAGES, TEST, strict=True)),
    "candidates": {"mul": 1_003_893},
    "train": {"en": 167_719},
    "wikipedia": {"en": 14_051},
}
# XTREME's folder, and that in which get-mewsli-x.sh leaves its output.
FOLDERS = ("mewslix", "mewsli_x/output/dataset", "mewsli-x")
SPLITS = ("dev", "test")
WIKINEWS, ENTITIES = "wikinews_mentions-{split}.jsonl", "candidate_set_entities.jsonl"
TRAIN, WIKIPEDIA = "wikipedia_pairs-train.jsonl", "wikipedia_pairs-dev.jsonl"


def _layouts(folder: str) -> tuple[Layout, ...]:
    """The files as they were released; all languages of WikiNews share one."""
    read = mewslix_files
    return (
        Layout(SPLITS, (f"{folder}/{WIKINEWS}",), read.read_mentions, COUNTS, languages=LANGUAGES),
        Layout(("candidates",), (f"{folder}/{ENTITIES}",), read.read_entities, COUNTS, languages=MANY),
        Layout(("train",), (f"{folder}/{TRAIN}",), read.read_pairs, COUNTS, languages=ENGLISH),
        # English mentions of entities that are among the candidates, for a look at training.
        Layout(("wikipedia",), (f"{folder}/{WIKIPEDIA}",), read.read_pair_mentions, COUNTS, languages=ENGLISH),
    )


TASK = Task(
    name="mewslix",
    version=1,
    format="retrieval",
    source=Files(
        layouts=(
            *(layout for folder in FOLDERS for layout in _layouts(folder)),
            Layout(
                SPLITS,
                ("mewslix/wikinews_mentions/{split}-{language}.jsonl",),
                mewslix_files.read_mentions,
                COUNTS,
                optional=("mewslix/wikinews_labels/{split}-{language}.json",),
                languages=LANGUAGES,
            ),
        ),
        known=(*LANGUAGES, *MANY),
    ),
    languages=LANGUAGES,
    metric=mean_average_precision.METRIC,
    train=("mewslix",),
    train_sizes={"train": 167_719},
    # google-research/xtreme, train_mewslix.sh @838c13b for XLM-R Large: 8 pairs a device meet in one softmax, 4 of
    # these in a step; for mBERT 2e-5 and 4 times 64.
    recipe={
        "duration": {"unit": "epochs", "amount": 2},
        "batch_size": 32,
        "negatives": 8,
        "learning_rate": 1e-5,
        "warmup": 0.0,
        "weight_decay": 0.0,
        "window": {"max_length": 64, "max_query": 64},
    },
    # Its training rows are mentions with their entities, which are those of the pool: new in the test are the mentions.
    pool=Pool("candidates", MANY, held_out=False),
    published=Published(
        source="google-research/google-research, dense_representations_for_entity_retrieval/mel, release 20220518_6",
        licence="CC BY-SA 3.0 (Wikipedia), CC BY 2.5 (WikiNews)",
        test_labels="open as released; hidden in the parts that XTREME makes of it",
        memory="the licences",
    ),
)
