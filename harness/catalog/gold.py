"""What metrics share: gold that must be shown and tell something, and a prediction for every example."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from harness.spec.errors import HarnessError
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    Prediction,
    RetrievalExample,
    SpanExample,
    TaggedExample,
    TextExample,
)

Row = TypeVar("Row", bound=Example)
Gold = TypeVar("Gold")
ENOUGH = 20  # rows of which honest gold never is all the same: two even labels agree so once in half a million files


def shown(gold: Gold | None, example: Example) -> Gold:
    """`gold` itself; raises HarnessError where it is hidden, since a placeholder must never be scored."""
    if gold is None:
        raise HarnessError(f"example '{example.id}' has a placeholder label: its gold is hidden and cannot be scored")
    return gold


def paired(
    rows: Sequence[Row], gold: Callable[[Row], Gold], predictions: Mapping[str, Prediction]
) -> Iterator[tuple[Gold, Prediction]]:
    """Gold and prediction of every row; raises HarnessError for no rows, hidden gold or a missing prediction."""
    if not rows:
        raise HarnessError("there is no gold to score against; expected at least one example")
    for row in rows:
        if row.id not in predictions:
            raise HarnessError(f"there is no prediction for example '{row.id}'; expected one for every example")
        yield gold(row), predictions[row.id]


def asked(rows: Sequence[Example]) -> int:
    """How many rows want an answer: all but candidates by themselves."""
    return sum(not isinstance(row, RetrievalExample) or row.query is not None for row in rows)


def refuse_placeholders(rows: Sequence[Example]) -> None:
    """Raise HarnessError where all of ENOUGH rows or more have the same gold, or where any has an empty one.

    XTREME strips its test sets so: XCOPA's labels are all 0, answers are "" and Mewsli-X's entities blank. Fewer rows
    may be all the same by accident, and are taken at their word.
    """
    labels: set[Hashable] = set()
    told = 0
    for row in rows:
        answers = _answers(row)
        if "" in answers:
            raise HarnessError(f"example '{row.id}' has an empty label: its gold was removed and cannot be scored")
        told += bool(answers)
        if len(labels) < 2:
            labels.update(answers)
    if told >= ENOUGH and len(labels) == 1:
        raise HarnessError(
            f"all {told} examples have the label '{labels.pop()}': these are placeholders, as in the files that XTREME "
            "strips of their gold, and are not scored; expected real labels"
        )


def tally(rows: Iterable[Example], evaluated: bool) -> tuple[int, bool]:
    """How many rows there are, and whether the gold of those that want an answer is hidden.

    Of `evaluated` rows it is so behind placeholders as well, as `refuse_placeholders` tells them.
    """
    kept = list(rows) if evaluated else []
    told = [(bool(asked((row,))), row.labelled) for row in kept or rows]
    wanted = [labelled for wants, labelled in told if wants]
    return len(told), bool(wanted) and (not any(wanted) or _are_placeholders(kept))


def _are_placeholders(rows: Sequence[Example]) -> bool:
    try:
        refuse_placeholders(rows)
    except HarnessError:
        return True
    return False


def _answers(row: Example) -> Sequence[Hashable]:
    """What is gold in a row; nothing where it is hidden, or says that there is none."""
    match row:
        case PairExample() | ChoiceExample():
            return () if row.label is None else (row.label,)
        case TaggedExample():
            return row.tags or ()
        case SpanExample():
            return tuple(text for text, _ in row.answers) if row.labelled else ()
        case RetrievalExample():
            return (row.answers or ()) if row.query is not None else ()
        case TextExample():
            return ()
