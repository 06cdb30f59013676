"""ANLI+ (Phang et al. 2020): ANLI, MNLI and SNLI as one set of rows, an intermediate task."""

from harness.catalog.metrics import accuracy
from harness.catalog.sources.joined import Joined
from harness.catalog.sources.pair_records import NLI
from harness.catalog.tasks import anli, mnli, snli
from harness.spec.task import Published, Task

PARTS = (anli.TASK, mnli.TASK, snli.TASK)

TASK = Task(
    name="anli_plus",
    version=1,
    format="pair",
    source=Joined({task.name: task.source for task in PARTS}),
    languages=("en",),
    labels=tuple(NLI),
    metric=accuracy.METRIC,
    train=("anli_plus",),
    evaluate_on="dev",
    train_sizes={"train": 1_104_934},  # 162,865 + 392,702 + 549,367
    # Duration as nyu-mll/jiant @daa5a25; ANLI's paragraphs need the longer window.
    recipe={"duration": {"unit": "epochs", "amount": 3}, "batch_size": 24, "window": {"max_length": 256}},
    corpus=tuple(task.name for task in PARTS),
    published=Published(
        source="ANLI, MultiNLI and SNLI: see these tasks",
        licence="ANLI's, CC BY-NC 4.0, is the narrowest",
        test_labels="dev: open in all parts",
        memory="batch size 24 of Phang et al. (2020), and that their sizes are the sums of the parts",
    ),
)
