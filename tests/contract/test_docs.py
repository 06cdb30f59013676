"""The documentation of tasks and models is what the catalogue says, and says truly what was run here."""

from pathlib import Path

import pytest

from harness.catalog import find
from harness.catalog.run_here import MADE_UP, RUN_HERE, SAMPLES
from harness.catalog.sources import ccg_files
from harness.run.data import model_table, task_table
from harness.run.data.status import in_files
from harness.spec.task import Task

CHECKOUT = Path(__file__).resolve().parents[2]
FROM_FILES = tuple(name for name in find.task_names() if in_files(find.task(name)))
NAMED = 6  # languages that the table names


def test_the_table_of_tasks_is_up_to_date() -> None:
    written = (CHECKOUT / "docs" / "tasks.md").read_text()
    assert written == task_table.markdown(), "run: harness data tasks --markdown > docs/tasks.md"


def test_the_table_of_models_is_up_to_date() -> None:
    written = (CHECKOUT / "docs" / "models.md").read_text()
    assert written == model_table.markdown(), "run: harness data models --markdown > docs/models.md"


def test_every_task_that_comes_from_files_is_in_the_record_of_what_was_run() -> None:
    assert set(RUN_HERE) == set(FROM_FILES)


@pytest.mark.parametrize("name", FROM_FILES)
def test_what_was_run_here_is_what_can_be_read_here(name: str, data_folder: Path) -> None:
    task = find.task(name)
    found = _readable(task, data_folder)
    if found:
        assert RUN_HERE[name] == f"real files: {found}"
    elif name == "ccg":
        fixture = data_folder / "ccg" / "ccgbank_auto_fixture.txt"
        assert list(ccg_files.read_trees([fixture], "en"))
        assert RUN_HERE[name] == SAMPLES
    else:
        sampled = _readable(task, data_folder / "format_samples")
        assert RUN_HERE[name] == (SAMPLES if sampled else MADE_UP)


def _readable(task: Task, root: Path) -> str:
    at_hand = {split: task.source.languages(root, split) for split in task.source.splits}
    return "; ".join(
        f"{split} {' '.join(found) if len(found) <= NAMED else f'{len(found)} languages'}"
        for split, found in at_hand.items()
        if found
    )
