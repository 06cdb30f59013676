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
PRIMARY = Question()
TARGET_MORE = "over target_more"


@dataclass(frozen=True)
class Tried:
    """One sensitivity analysis; `of` is how many were made of which this is the most different one."""

    name: str
    finding: Finding
    of: int = 1


def sensitivities(base: Panel, own: Sequence[Gain], split: Split, primary: Finding) -> tuple[Tried, ...]:
    """Every sensitivity analysis of the `primary` contrast of `base`; those that cannot be had are missing."""
    asked = partial(contrast, base)
    of_rows = partial(_of_rows, base)
    return (
        Tried("jackknife by language", of_rows(lambda found: contrast_of(found, found.low, _POINTS, error=jackknifed))),
        Tried("text size instead of two levels", _by_size(base, split)),
        Tried("crossed mixed model", of_rows(lambda found: mixed(found, _POINTS))),
        Tried("without retrieval tasks", _without_retrieval(base)),
        Tried("in percent of errors", asked(replace(PRIMARY, scale=in_errors, unit="% of errors"))),
        Tried("in log odds", asked(replace(PRIMARY, scale=in_log_odds, unit="log odds"))),
        Tried("equal headroom", of_rows(lambda found: contrast_of(found, found.low, _POINTS, found.headroom))),
        _without_a_task(base, primary),
        Tried("medians over seeds", asked(replace(PRIMARY, median=True))),
        Tried("without pairs of one source", _without_same_source(base)),
        Tried(TARGET_MORE, _over_target_more(own)),
    )


def trainable(gain: Gain, task: str) -> bool:
    """Whether a task can be had at all for this point; `target_more` has none for tasks that train on nothing."""
    return task not in dict(gain.point.planned.absent) and task not in gain.without


def against_target_more(own: Sequence[Gain]) -> tuple[Gain, ...]:
    """Each point on the axes against the control that spent the same FLOPs on its targets' own data."""
    return gains([gain.point for gain in own if gain.over == "none"], "target_more")


_POINTS = unit(PRIMARY)


def _of_rows(base: Panel, ask: Callable[[Rows], Finding]) -> Finding:
    found = rows(base, PRIMARY)
    return found if isinstance(found, Missing) else ask(found)


def _by_size(base: Panel, split: Split) -> Finding:
    """How much more a language gains of which the model read a tenth, over all languages that it has seen."""
    found = rows(base, replace(PRIMARY, both=False))
    if isinstance(found, Missing):
        return found
    try:
        sizes = [split.read[model].amount(language, model) for model, _, language in found.cells]
    except HarnessError as error:
        return Missing(str(error).partition(";")[0])
    return contrast_of(found, -np.log10(sizes), f"{_POINTS} and tenth of the text")


def _without_retrieval(base: Panel) -> Finding:
    retrieval = {task for task, _ in base.cells if find.task(task).format == "retrieval"}
    if not retrieval:
        return Missing("no retrieval task among the targets")
    return contrast(base, replace(PRIMARY, keep=lambda gain, task: task not in retrieval))


def _without_a_task(base: Panel, primary: Finding) -> Tried:
    """The contrast without that task without which it is most different."""
    name = "without one task"
    if isinstance(primary, Missing):
        return Tried(name, primary)
    if len(primary.tasks) < 3:
        return Tried(name, Missing("fewer than three tasks"))
    found = {left: contrast(base, replace(PRIMARY, keep=partial(_is_other, left))) for left in primary.tasks}
    had = {left: finding for left, finding in found.items() if isinstance(finding, Contrast)}
    if not had:
        return Tried(name, next(iter(found.values())))
    most = max(had, key=lambda left: abs(had[left].estimate - primary.estimate))
    return Tried(f"without {most} (which changes most)", had[most], len(had))


def _is_other(left_out: str, gain: Gain, task: str) -> bool:
    return task != left_out


def _without_same_source(base: Panel) -> Finding:
    if not any(gain.point.same_source for gain in base.gains):
        return Missing("no target is trained on the data of an intermediate task")
    return contrast(base, replace(PRIMARY, keep=lambda gain, task: task not in gain.point.same_source))


def _over_target_more(own: Sequence[Gain]) -> Finding:
    against = against_target_more(own)
    if not against:
        return Missing("the study has no such control")
    return contrast(panel(against), replace(PRIMARY, keep=trainable))
