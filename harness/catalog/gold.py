"""What metrics share: gold that must be shown, and a prediction for every example."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from harness.spec.errors import HarnessError
from harness.spec.example import Example, Prediction

Row = TypeVar("Row", bound=Example)
Gold = TypeVar("Gold")


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
