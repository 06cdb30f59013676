"""The primary contrast asked again: with other errors, on other scales, of fewer tasks, against another baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from harness.analysis.inference.cluster_robust import jackknifed
from harness.analysis.inference.contrasts import contrast, contrast_of, unit
from harness.analysis.inference.mixed_model import mixed
from harness.analysis.inference.panel import Panel, in_errors, in_log_odds, panel
from harness.analysis.inference.results import Contrast
from harness.analysis.inference.rows import Question, Rows, rows
from harness.analysis.points.gains import Gain, gains
from harness.analysis.points.splits import Split
from harness.analysis.values import Missing
from harness.catalog import find
from harness.spec.errors import HarnessError

Finding = Contrast | Missing
TARGET_MORE, NOTHING = "over target_more", "over no intermediate training"


@dataclass(frozen=True)
class Tried:
    """One sensitivity analysis; `of` is how many were made of which this is the most different one."""

    name: str
    finding: Finding
    of: int = 1


@dataclass(frozen=True)
class Asked:
    """What the primary contrast asks: a question of the gains of a panel; `other` are those over something else.

    `name` says what is measured, and over what if that is not no intermediate training; `other_name` what of `other`.
    """

    name: str
    question: Question
    panel: Panel
    other_name: str
    other: Sequence[Gain]

    @property
    def unit(self) -> str:
        """What its estimate counts."""
        return unit(self.question)

    def having(self, keep: Callable[[Gain, str], bool]) -> Question:
        """The question of those gains and tasks alone."""
        return replace(self.question, keep=lambda gain, task: self.question.keep(gain, task) and keep(gain, task))


def sensitivities(asked: Asked, split: Split, primary: Finding) -> tuple[Tried, ...]:
    """Every sensitivity analysis of the `primary` contrast that was `asked`; those that cannot be had are missing."""
    of_rows, question = partial(_of_rows, asked), asked.question
    again = partial(contrast, asked.panel)
    return (
        Tried(
            "jackknife by language", of_rows(lambda found: contrast_of(found, found.low, asked.unit, error=jackknifed))
        ),
        Tried("text size instead of two levels", _by_size(asked, split)),
        Tried("crossed mixed model", of_rows(lambda found: mixed(found, asked.unit))),
        Tried("without retrieval tasks", _without_retrieval(asked)),
        Tried("in percent of errors", again(replace(question, scale=in_errors, unit="% of errors"))),
        Tried("in log odds", again(replace(question, scale=in_log_odds, unit="log odds"))),
        Tried("equal headroom", of_rows(lambda found: contrast_of(found, found.low, asked.unit, found.headroom))),
        _without_a_task(asked, primary),
        Tried("medians over seeds", again(replace(question, median=True))),
        Tried("without pairs of one source", _without_same_source(asked)),
        Tried(asked.other_name, _over_other(asked)),
    )


def trainable(gain: Gain, task: str) -> bool:
    """Whether a task can be had at all for this point; `target_more` has none for tasks that train on nothing."""
    return task not in dict(gain.point.planned.absent) and task not in gain.without


def against_target_more(own: Sequence[Gain]) -> tuple[Gain, ...]:
    """Each point on the axes against the control that spent the same FLOPs on its targets' own data."""
    return gains([gain.point for gain in own if gain.over == "none"], "target_more")


def _of_rows(asked: Asked, ask: Callable[[Rows], Finding]) -> Finding:
    found = rows(asked.panel, asked.question)
    return found if isinstance(found, Missing) else ask(found)


def _by_size(asked: Asked, split: Split) -> Finding:
    """How much more a language gains of which the model read a tenth, over all languages that it has seen."""
    found = rows(asked.panel, replace(asked.question, both=False))
    if isinstance(found, Missing):
        return found
    try:
        sizes = [split.read[model].amount(language, model) for model, _, language in found.cells]
    except HarnessError as error:
        return Missing(str(error).partition(";")[0])
    return contrast_of(found, -np.log10(sizes), f"{asked.unit} and tenth of the text")


def _without_retrieval(asked: Asked) -> Finding:
    retrieval = {task for task, _ in asked.panel.cells if find.task(task).format == "retrieval"}
    if not retrieval:
        return Missing("no retrieval task among the targets")
    return contrast(asked.panel, asked.having(lambda gain, task: task not in retrieval))


def _without_a_task(asked: Asked, primary: Finding) -> Tried:
    """The contrast without that task without which it is most different."""
    name = "without one task"
    if isinstance(primary, Missing):
        return Tried(name, primary)
    if len(primary.tasks) < 3:
        return Tried(name, Missing("fewer than three tasks"))
    found = {left: contrast(asked.panel, asked.having(partial(_is_other, left))) for left in primary.tasks}
    had = {left: finding for left, finding in found.items() if isinstance(finding, Contrast)}
    if not had:
        return Tried(name, next(iter(found.values())))
    most = max(had, key=lambda left: abs(had[left].estimate - primary.estimate))
    return Tried(f"without {most} (which changes most)", had[most], len(had))


def _is_other(left_out: str, gain: Gain, task: str) -> bool:
    return task != left_out


def _without_same_source(asked: Asked) -> Finding:
    if not any(gain.point.same_source for gain in asked.panel.gains):
        return Missing("no target is trained on the data of an intermediate task")
    return contrast(asked.panel, asked.having(lambda gain, task: task not in gain.point.same_source))


def _over_other(asked: Asked) -> Finding:
    if not asked.other:
        return Missing("the study has no such control")
    return contrast(panel(asked.other), replace(asked.question, keep=trainable))
