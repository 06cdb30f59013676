"""Stand-in."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.table import Table


def inference_tables(answer: Answer) -> Iterator[Table]:
    yield Table("Contrasts", ("name", "estimate"), ((("slopes", "+1.2 [-2.1, +4.4]"),),))
