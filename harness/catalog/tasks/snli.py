"""SNLI (Bowman et al. 2015): inference between a caption and a sentence, part of the intermediate task anli_plus."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources import hubs, nli_files
from harness.catalog.sources.pair_records import NLI
from harness.catalog.sources.parquet import hub_layouts
from harness.catalog.sources.places import below, layouts, unpacked
from harness.catalog.sources.published import Files
from harness.spec.task import Published, Task

NAMES = {split: split for split in ("train", "dev", "test")}
# Rows with a majority label, of 550,152, 10,000 and 10,000, as Wang and Jiang (2016) count them, read in a summary.
COUNTS = {"train": {"en": 549_367}, "dev": {"en": 9_842}, "test": {"en": 9_824}}
FIRST = unpacked("snli_1.0.zip", "snli")

HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}

TASK = Task(
    name="snli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            *layouts(FIRST, ("snli_1.0/snli_1.0_{name}.jsonl",), nli_files.FIRST_JSON, NAMES, COUNTS),
            *layouts(FIRST, ("snli_1.0/snli_1.0_{name}.txt",), nli_files.FIRST_TEXT, NAMES, COUNTS),
            *layouts(below("SNLI", "glue/SNLI", "glue_data/SNLI"), ("{name}.tsv",), nli_files.GLUE, NAMES, COUNTS),
            *hub_layouts(hubs.SNLI, ("plain_text/{name}-*.parquet",), nli_files.HUB, HUB_NAMES, COUNTS),
        ),
        known=("en",),
    ),
    languages=("en",),
    labels=tuple(NLI),
    metric=accuracy.METRIC,
    train=("snli",),
    train_sizes={"train": 549_367},
    # As MNLI: the paper has SNLI only as a part of ANLI+.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 128}},
    corpus="snli",
    published=Published(
        source="SNLI 1.0 (nlp.stanford.edu/projects/snli)",
        licence="CC BY-SA 4.0",
        test_labels="open: SNLI 1.0",
        memory="licence; batch size 24 of Phang et al. (2020); files seen in code that reads them alone",
    ),
)
