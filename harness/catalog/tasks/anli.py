"""ANLI (Nie et al. 2020): adversarial inference between a paragraph and a sentence, an intermediate task."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources import anli_files
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Task

ROUNDS = ("R1", "R2", "R3")
SPLITS = ("train", "dev", "test")
# 16,946 + 45,460 + 100,459 train rows; 1,000 + 1,000 + 1,200 in dev and as many in test.
COUNTS = {"train": {"en": 162_865}, "dev": {"en": 3_200}, "test": {"en": 3_200}}
ANALYSED = {"train": {"en": 1_000}}

TASK = Task(
    name="anli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            *(
                Layout(
                    SPLITS,
                    tuple(f"{folder}/{part}/{{split}}.jsonl" for part in ROUNDS),
                    anli_files.read_jsonl,
                    COUNTS,
                )
                for folder in ("anli/anli_v1.0", "anli_v1.0")
            ),
            # The authors' analysis of round 1's dev rows: training data only where the release is not at hand.
            Layout(("train",), ("anli/ANLI_analysis_r1_dev.csv",), anli_files.read_analysis, ANALYSED),
        ),
        known=("en",),
    ),
    languages=("en",),
    labels=("entailment", "neutral", "contradiction"),
    metric=accuracy.METRIC,
    train=("anli",),
    train_sizes={"train": 162_865},
    # Duration as nyu-mll/jiant @daa5a25; batch size as XTREME's scripts for pairs; paragraphs need the longer window.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 32, "window": {"max_length": 256}},
)
