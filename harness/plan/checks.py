"""What a study must hold before it is planned: heads that can answer, windows that fit, data that can train."""

from harness.catalog import find
from harness.spec.errors import HarnessError
from harness.spec.phase import Evaluate, architecture, lineage
from harness.spec.task import Data


def check_trainable(data: Data) -> None:
    """Raise HarnessError for a task without a training split."""
    if "train" not in find.task(data.task).source.splits:
        raise HarnessError(f"task '{data.task}' has no labels to train on; name a task of another format")


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
            f"of '{trainer.task}' (format {trainer.format}, {len(trainer.labels)} labels); train it on a task alike"
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
