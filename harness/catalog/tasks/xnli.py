"""XNLI (Conneau et al. 2018): inference between two sentences in 15 languages, trained on English MNLI."""

from functools import partial

from harness.catalog.metrics import accuracy
from harness.catalog.sources import pair_lines
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Task

LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
LABELS = ("entailment", "neutral", "contradiction")
SPLITS = ("train", "dev", "test")
COUNTS = {"dev": dict.fromkeys(LANGUAGES, 2_490), "test": dict.fromkeys(LANGUAGES, 5_010)}
XTREME = partial(pair_lines.read_xtreme, labels=LABELS)
ORIGINAL = partial(pair_lines.read_xnli, labels=LABELS)

TASK = Task(
    name="xnli",
    version=1,
    format="pair",
    source=Files(
        layouts=(
            # First as published, since XTREME's test files hide the labels.
            Layout(("dev", "test"), ("xnli/XNLI-1.0/xnli.{split}.tsv",), ORIGINAL, COUNTS),
            Layout(SPLITS, ("xnli/xtreme/{split}-{language}.tsv",), XTREME, COUNTS),
            Layout(SPLITS, ("xnli/{split}-{language}.tsv",), XTREME, COUNTS),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    labels=LABELS,
    metric=accuracy.METRIC,
    train=("xnli",),  # XTREME's train-en.tsv, which is MNLI's training set
    train_sizes={"train": 392_702},
    # google-research/xtreme scripts @838c13b; the learning rate there is the model's.
    recipe={"duration": {"unit": "epochs", "amount": 5}, "batch_size": 32, "window": {"max_length": 128}},
)
