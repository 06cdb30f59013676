"""What FLOP budgets bought: steps and examples of each stage, and how often each example was read."""

from collections.abc import Iterator, Sequence

from harness.analysis.points.points import Lookup
from harness.analysis.table import Row, Table, scientific
from harness.plan.costs.budget import Bought
from harness.plan.sweeps.study import Study
from harness.spec.identity import identity
from harness.spec.phase import Train, lineage
from harness.spec.record import Record

Key = tuple[str, str, float, int]


def stages(study: Study) -> Iterator[tuple[Key, Train]]:
    """Every stage that has a FLOP budget of its own, by model, tasks, budget and batch size, as often as it is used."""
    for point in study.points:
        for leaf in point.leaves[:1]:
            for stage in reversed([*lineage(leaf)]):
                if stage.recipe.duration.unit == "flops":
                    names = "+".join(data.name for data in stage.data)
                    yield (point.at.model, names, stage.recipe.duration.amount, stage.recipe.batch_size), stage


def bought(study: Study, lookup: Lookup) -> tuple[Bought, ...]:
    """What each budget of `study` has bought so far, means over what its stages differ in besides (seeds, rates)."""
    records: dict[Key, dict[str, Record]] = {}
    for key, stage in stages(study):
        if record := lookup.record(identity(stage)):
            records.setdefault(key, {})[record.phase] = record
    return tuple(_mean(key, list(found.values())) for key, found in records.items())


def budget_tables(found: Sequence[Bought], about: bool = False) -> tuple[Table, ...]:
    """A table with one row per budget where there is any; `about`: before it is spent."""
    short = any(each.spent > each.budget for each in found)
    table = Table(
        title=f"What each FLOP budget {'buys, about' if about else 'bought'}",
        columns=("model", "stage", "budget", "batch", "spent", "steps", "examples", "unique", "read"),
        sections=(tuple(map(_row, found)),),
        names=2,
        notes=(
            "budget, spent: model FLOPs of one stage; an example that is cut to several windows counts as so many; "
            "unique: those that are different ones; read: how often each was, on average",
            *(["none: a step as spent costs more, unless its texts are shorter than full windows"] if short else []),
        ),
    )
    return (table,) if found else ()


def _row(each: Bought) -> Row:
    unique = "" if each.unique is None else f"{each.unique:,}"
    read = "" if each.repeats is None else f"{each.repeats:.2f}"
    flops = (scientific(each.budget), f"{each.batch_size}", scientific(each.spent))
    if each.spent > each.budget:
        return (each.model, each.stage, *flops, "none", "", "", "")
    return (each.model, each.stage, *flops, f"{each.steps:,}", f"{each.examples:,}", unique, read)


def _mean(key: Key, records: Sequence[Record]) -> Bought:
    """Records of earlier versions do not know which examples were different."""
    unique = [record.unique_examples for record in records]
    known = [count for count in unique if count is not None]
    costs = [record.cost for record in records]
    return Bought(
        *key,
        spent=round(sum(cost.model for cost in costs) / len(costs)),
        steps=round(sum(cost.steps for cost in costs) / len(costs)),
        examples=round(sum(cost.examples for cost in costs) / len(costs)),
        unique=round(sum(known) / len(known)) if len(known) == len(records) else None,
    )
