"""The table of what was planned and what was explored: how many tests, when they were fixed, and what they found."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.inference.results import Inference, Tested
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing

QUESTIONS = {
    "low_minus_high_slope": "the slope on log10 compute, low- minus high-resource",
    "low_minus_high_gain": "the mean gain, low- minus high-resource",
}
NO_BLOCK = (
    "The sweep file has no `analysis` block, so nothing was fixed before the first phase: all tests here were explored."
)


def planned_tables(answer: Answer) -> Iterator[Table]:
    """Planned against explored: the tests of each kind, and how many of them hold after correction."""
    alpha = answer.inference.alpha
    rows = tuple(_row(name, tests, alpha) for name, tests in _kinds(answer.inference))
    yield Table(
        title="Planned and explored tests",
        columns=("tests", "how many", "planned", "missing", f"p below {alpha:g}", "and after Holm's correction"),
        sections=(rows,),
        notes=tuple(_notes(answer)),
    )


def _kinds(found: Inference) -> Iterator[tuple[str, tuple[Tested, ...]]]:
    names = {"slope": "slopes", "gain": "mean gains"}
    yield f"primary: {names.get(found.primary.name, found.primary.name)}", (found.primary,)
    for each in found.beside:
        yield names[each.name], (each,)
    yield "secondary", found.secondary
    yield "sensitivity", found.sensitivity


def _row(name: str, tests: tuple[Tested, ...], alpha: float) -> Row:
    known = [(test.finding.p, test.adjusted) for test in tests if not isinstance(test.finding, Missing)]
    adjusted = [p for _, p in known if p is not None]
    return (
        name,
        str(len(tests)),
        str(sum(test.planned for test in tests)),
        str(len(tests) - len(known)),
        str(sum(p < alpha for p, _ in known)),
        str(sum(p < alpha for p in adjusted)) if adjusted else "",
    )


def _notes(answer: Answer) -> Iterator[str]:
    if answer.frozen is None:
        yield NO_BLOCK
    else:
        spec = answer.frozen.spec
        over = {"none": "no intermediate training", "target_more": "the same FLOPs on the target's own data"}[spec.over]
        yield f"The question of the `analysis` block: {QUESTIONS[spec.question]}, of gains over {over}."
        yield from answer.frozen.sentences()
    yield "Holm's correction counts the tests of a planned family, of explored ones all that are secondary."
    yield "Sensitivity asks the primary question in other ways; the verdict holds all of its answers against it."
