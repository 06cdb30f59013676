"""Chains of intermediate stages, written `mnli+mlm>squad_v2@de`: `+` concurrent, `>` then, `@` in another language."""

from harness.catalog.languages import ENGLISH
from harness.spec.errors import HarnessError

Chain = tuple[tuple[str, ...], ...]

NO_INTERMEDIATE = "none"
MASKED = "mlm"  # masked language modelling on the sweep's text, alone or beside other tasks


def parse_chain(text: str) -> Chain:
    """The stages of a chain, each a tuple of names; raises HarnessError for an empty stage or a repeated task.

    A name is a task's, with @ and the language of its rows where that is not English.
    """
    stages = tuple(tuple(_name(name.strip(), text) for name in stage.split("+")) for stage in text.split(">"))
    for stage in stages:
        if not all(stage):
            raise HarnessError(f"chain '{text}': a stage is empty; write tasks as mnli+squad_v2>hellaswag")
        if len(set(stage)) < len(stage):
            raise HarnessError(f"chain '{text}': a task occurs twice in one stage; name each once")
    return stages


def task_of(name: str) -> str:
    """The task behind a name: mnli for `mnli@de`."""
    return name.partition("@")[0]


def language_of(name: str) -> str:
    """The language of the rows behind a name: de for `mnli@de`, else English."""
    return name.partition("@")[2] or ENGLISH


def _name(name: str, text: str) -> str:
    task, at, language = name.partition("@")
    if at and not (task and language):
        raise HarnessError(f"chain '{text}': '{name}' has no task or no language; write it as mnli@de")
    return task if language == ENGLISH else name
