"""Tables of collapsed runs: how many by chain and control, and what the median over seeds says beside the mean."""

from collections.abc import Iterator, Sequence
from statistics import median

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_NAMES, to_show
from harness.analysis.points.collapse import Run, runs
from harness.analysis.points.gains import Gain
from harness.analysis.table import Row, Table, signed
from harness.analysis.tables.axes import axes, texts
from harness.analysis.values import Missing, Value, mean_of_repeats, present
from harness.plan.sweeps.analysis_spec import Collapse
from harness.plan.sweeps.study import Coordinates

Key = tuple[str, str, str]  # model, chain, control


def collapse_tables(answer: Answer) -> Iterator[Table]:
    """How many runs collapsed, where the study has a rule for that; and, where some did, means beside medians."""
    spec = answer.study.sweep.analysis
    if spec is None or spec.collapse is None:
        return
    found = runs(answer.points, spec.collapse)
    yield _counts(found, spec.collapse)
    if any(run.collapsed for run in found):
        yield _medians(answer)


def _counts(found: Sequence[Run], rule: Collapse) -> Table:
    groups: dict[Key, list[Run]] = {}
    for run in found:
        groups.setdefault((run.at.model, run.at.intermediate, run.at.control or ""), []).append(run)
    total = sum(run.collapsed for run in found)
    return Table(
        title="Collapsed runs, by English dev scores",
        columns=("model", "intermediate", "control", "runs", "collapsed", "not known", "where"),
        sections=(tuple(_row(key, own) for key, own in groups.items()),),
        names=3,
        notes=(
            f"collapsed: less than {rule.below:g} of the way from chance to the baseline's English dev score (the "
            "median over its seeds); by the rule of the `analysis` block, on dev rows by which nothing is selected",
            f"{total} of {len(found)} runs collapsed; all of them are kept in every mean and in the primary analysis",
            *_unknown(found),
        ),
    )


def _row(key: Key, own: Sequence[Run]) -> Row:
    unknown = sum(isinstance(run.way, Missing) for run in own)
    where = {task: sum(run.collapsed for run in own if run.task == task) for task in {run.task: None for run in own}}
    named = ", ".join(f"{task} {count}" for task, count in where.items() if count)
    return (*key, str(len(own)), str(sum(run.collapsed for run in own)), str(unknown), named)


def _unknown(found: Sequence[Run]) -> Iterator[str]:
    """For each reason, the tasks of which it is not known."""
    reasons: dict[str, dict[str, None]] = {}
    for run in found:
        if isinstance(run.way, Missing):
            reasons.setdefault(run.way.reason, {})[run.task] = None
    for reason, tasks in reasons.items():
        yield f"not known of {', '.join(tasks)}: {reason}"


def _medians(answer: Answer) -> Table:
    """One row per series and amount: the mean over seeds of each gain, and the median."""
    groups: dict[Coordinates, list[Gain]] = {}
    for gain in answer.gains:
        groups.setdefault(_without_seeds(gain.at), []).append(gain)
    named = to_show({name for gain in answer.gains for name in gain.aggregates if name in MEASURE_NAMES})
    along = axes(answer.study.sweep.axis[0], list(groups))
    rows = []
    for at, own in groups.items():
        values = [[gain.aggregates[name] for gain in own if name in gain.aggregates] for name in named]
        rows.append((*texts(along, at), *(cell for each in values for cell in _cells(each))))
    heads = (f"{MEASURE_NAMES[name]} {what}" for name in named for what in ("mean", "median"))
    return Table(
        title="Gains in points with collapsed runs kept: the mean over seeds and, beside it, the median",
        columns=(*(name for name, _ in along), *heads),
        sections=(tuple(rows),),
        names=len(along),
    )


def _cells(values: Sequence[Value]) -> Row:
    if not values:
        return ("", "")
    mean = mean_of_repeats(values)
    return signed(mean), signed(mean if isinstance(mean, Missing) else median(present(values)))


def _without_seeds(at: Coordinates) -> Coordinates:
    return Coordinates(
        at.model,
        at.intermediate,
        pretrain_seed=0,
        target_seed=0,
        unit=at.unit,
        amount=at.amount,
        batch_size=at.batch_size,
        learning_rate=at.learning_rate,
        control=at.control,
    )
