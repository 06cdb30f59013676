"""What was shared: phases and FLOPs of the points on their own beside those that were really done."""

from collections import Counter
from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.points.costs import ROLES, Role, add, model_flops, own_phases, role
from harness.analysis.table import Row, Table, scientific
from harness.analysis.values import Missing


def sharing_tables(answer: Answer) -> Iterator[Table]:
    """One row per role: how often its phases are asked for, how many there are, what that saved."""
    asked: Counter[Role] = Counter()
    done: dict[str, Role] = {}
    for point in answer.points:
        for key, phase in own_phases(point.planned).items():
            done[key] = role(phase)
            asked[done[key]] += 1
    counts = Counter(done.values())
    rows = tuple(_row(answer, name, asked[name], counts[name]) for name in ROLES if counts[name])
    yield Table(
        title="What points share: each phase is done once, for all points that need it",
        columns=("role", "asked for", "done", "FLOPs alone", "FLOPs spent", "saved"),
        sections=(rows,),
        notes=(
            "asked for: phases of each point counted on their own (standalone cost); done: each once (marginal costs "
            "add up to it). Curves use standalone costs, so that what a point costs does not depend on its neighbours",
        ),
    )


def _row(answer: Answer, name: Role, asked: int, done: int) -> Row:
    alone = model_flops(add({str(index): point.cost.roles[name] for index, point in enumerate(answer.points)}))
    spent = model_flops(answer.spent[name])
    if isinstance(alone, Missing) or isinstance(spent, Missing) or not alone:
        return (name, f"{asked:,}", f"{done:,}", scientific(alone), scientific(spent), "")
    return (name, f"{asked:,}", f"{done:,}", scientific(alone), scientific(spent), f"{1 - spent / alone:.0%}")
