"""What a study must hold before it is planned: heads that can answer, windows that fit, data that can train."""

from collections import Counter
from collections.abc import Collection, Iterable

from harness.catalog import find
from harness.catalog.shuffle import can_shuffle
from harness.plan.sweeps.chain import MASKED, NO_INTERMEDIATE, task_of
from harness.plan.sweeps.sweep import Sweep, TargetSpec
from harness.spec.errors import HarnessError
from harness.spec.load import nearest
from harness.spec.phase import Evaluate, architecture, lineage
from harness.spec.task import Data

OVERALL = ("targets", "gain")  # what has means over all targets
# The means that analysis/aggregates.py makes of several tasks.
MEANS = (
    "score",
    "score_f1",
    "score_without_retrieval",
    "en",
    "high",
    "low",
    "high_all_tasks",
    "low_all_tasks",
    "unseen",
)


def check_trainable(data: Data) -> None:
    """Raise HarnessError for a task without a training split, and for text that is not named as such."""
    if data.text:
        return
    if data.format == "mlm":
        raise HarnessError(
            f"task '{data.task}' is text without labels; write `{MASKED}` in its place and name it under `text`"
        )
    if "train" not in find.task(data.task).source.splits:
        raise HarnessError(f"task '{data.task}' has no labels to train on; name a task of another format")


def why_no_shuffle(names: Iterable[str]) -> str | None:
    """Why these training tasks cannot have their labels shuffled, or None where they can; text has none to move."""
    labelled = [find.task(task_of(name)) for name in names if task_of(name) != MASKED]
    if not labelled:
        return "its stages have no labels that could be shuffled"
    fixed = [task.name for task in labelled if not can_shuffle(task.format)]
    return f"the labels of {', '.join(fixed)} cannot be shuffled" if fixed else None


def check_expected(sweep: Sweep, targets: Collection[str]) -> None:
    """Raise HarnessError for a published value of a measure, or after a chain, that the sweep cannot have."""
    for each in sweep.expected:
        owner, _, name = each.measure.partition("/")
        known = {*targets, *find.suite_names(), *OVERALL}
        if owner not in known:
            raise HarnessError(f"expected: '{owner}' is neither a target nor a suite; {nearest(owner, known)}")
        names = {"score", "score_f1", *find.task(owner).languages} if owner in targets else MEANS
        if name not in names:
            raise HarnessError(f"expected: '{owner}' has no measure '{name}'; {nearest(name, names)}")
        if each.intermediate not in (NO_INTERMEDIATE, *sweep.intermediate):
            raise HarnessError(f"expected: '{each.intermediate}' is not under `intermediate`")


def check_sets(sweep: Sweep, targets: Iterable[TargetSpec]) -> None:
    """Raise HarnessError for a split that was not published, and for a language that is named twice."""
    texts = (*sweep.text, *(text for model in sweep.models for text in getattr(model, "text", ())))
    asked = [(f"target '{each.task}'", each.task, each.split, each.languages) for each in targets]
    asked += [(f"text '{each.task}'", each.task, each.split, each.languages) for each in texts]
    for what, task, split, languages in asked:
        known = find.task(task).source.splits
        if split is not None and split not in known:
            raise HarnessError(f"{what}: the split '{split}' is not published; known: {', '.join(known) or 'none'}")
        for language, times in Counter(languages if isinstance(languages, tuple) else ()).items():
            if times > 1:
                raise HarnessError(f"{what}: `languages` names '{language}' twice; expected each language once")


def check_limits(targets: Iterable[TargetSpec]) -> None:
    """Raise HarnessError for a `limit` on pairs to be mined: the first rows of such a set are all of one side."""
    for target in targets:
        if target.limit and find.task(target.task).search == "margin":
            raise HarnessError(
                f"target '{target.task}': `limit` cannot keep a sentence with its translation, which stands in another "
                "row; leave it out, or name fewer languages"
            )


def check_head(leaf: Evaluate, trained: bool) -> None:
    """Raise HarnessError unless the task that trained last has a head that can answer; a layer needs none."""
    data = leaf.data
    if leaf.layer is not None:
        return
    if not trained:
        raise HarnessError(f"target '{data.task}': needs a task that trains its head; name one under `train`")
    trainer = next(lineage(leaf)).data[0]
    if (trainer.format, trainer.labels) != (data.format, data.labels):
        raise HarnessError(
            f"target '{data.task}' (format {data.format}, {len(data.labels)} labels) cannot be answered by the head "
            f"of '{trainer.name}' (format {trainer.format}, {len(trainer.labels)} labels); train it on a task alike"
        )


def check_windows(leaf: Evaluate) -> None:
    """Raise HarnessError for a window longer than the model's positions."""
    longest = architecture(leaf).max_positions
    windows = [("evaluation", leaf.window), *((train.role, train.recipe.window) for train in lineage(leaf))]
    for role, window in windows:
        if window.max_length > longest:
            raise HarnessError(
                f"target '{leaf.data.task}', {role}: window.max_length is {window.max_length}, but the model has "
                f"{longest} positions; set a smaller one in the recipe"
            )
