"""What `harness data` does: a task's rows, or `status`, `fetch`, `tasks` and `models`."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from harness.analysis.table import Table
from harness.catalog import find
from harness.files.layout import usable_runs
from harness.run.data import mirror, model_table, task_table
from harness.run.data import status as data_status
from harness.run.data.browse import show_task
from harness.spec.errors import HarnessError
from harness.spec.load import nearest

FAILED = 1


def answer(options: argparse.Namespace, console: Console) -> int:
    """Do what the command line asks of the data; returns 1 where data are damaged or could not be had.

    Raises HarnessError for what cannot be done at all.
    """
    return ANSWERS.get(options.what, _rows)(options, console)


def _rows(options: argparse.Namespace, console: Console) -> int:
    if options.what not in find.task_names():
        near = nearest(options.what, (*find.task_names(), *ANSWERS))
        raise HarnessError(f"data takes a task or {', '.join(ANSWERS)}; there is no task '{options.what}'; {near}")
    if options.names:
        raise HarnessError(f"data shows one task at a time; what is '{options.names[0]}' for, after '{options.what}'?")
    show_task(options.what, options.data, options.rows, console)
    return 0


def _status(options: argparse.Namespace, console: Console) -> int:
    found = data_status.look(options.names, options.data, Console(stderr=True) if options.json else console)
    if options.json:
        console.print(json.dumps(found.plain, indent=1), markup=False, highlight=False, soft_wrap=True)
    else:
        console.print(data_status.table(found).rich())
    return FAILED if found.problems else 0


def _fetch(options: argparse.Namespace, console: Console) -> int:
    if len(options.names) != 1 or options.data is None:
        raise HarnessError("data fetch takes one sweep file, and the folder to fetch into: --data DIR")
    folder: Path = options.data
    folder.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    problems = mirror.fetch(Path(options.names[0]), folder, usable_runs(options.runs), say)
    for problem in problems:
        say(f"not fetched: {problem}")
    return FAILED if problems else 0


def _tasks(options: argparse.Namespace, console: Console) -> int:
    return _listed(task_table.markdown() if options.markdown else task_table.task_table(), console)


def _models(options: argparse.Namespace, console: Console) -> int:
    return _listed(model_table.markdown() if options.markdown else model_table.model_table(), console)


def _listed(shown: str | Table, console: Console) -> int:
    if isinstance(shown, str):
        console.print(shown, markup=False, highlight=False, soft_wrap=True, end="")
    else:
        console.print(shown.rich())
    return 0


ANSWERS = {"status": _status, "fetch": _fetch, "tasks": _tasks, "models": _models}
