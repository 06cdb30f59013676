"""Tables of the inference: the contrasts, what they are differences of, sensitivities, the secondary ones, seeds."""

from collections.abc import Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.inference.paragraph import counted
from harness.analysis.inference.results import Contrast, Inference, LevelMean, Mean, Spread, Tested
from harness.analysis.inference.verdicts import excluding
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing

ADJUSTED = "p after Holm"
TITLES = {"slope": "slope", "gain": "mean gain over all amounts"}


def inference_tables(answer: Answer) -> Iterator[Table]:
    """Every table of the inference; none where nothing was trained in between."""
    found = answer.inference
    if not any(gain.at.on_axes for gain in answer.gains):
        return
    yield _main(found)
    yield _levels(found)
    yield _family("The same contrast in other ways", found, found.sensitivity, _of_sensitivity(found))
    if found.secondary:
        yield _family("Contrasts of parts of the study", found, found.secondary, _of_secondary(found))
    yield _seeds(found)


def _main(found: Inference) -> Table:
    primary = found.primary.name
    named = {f"{TITLES.get(primary, primary)}, the primary contrast": found.primary}
    named |= {TITLES.get(each.name, each.name): each for each in found.beside}
    return Table(
        title="How much more low-resource languages gain than high-resource ones, within tasks",
        columns=("contrast", *_columns(found), "low against high languages", "tasks", "seeds"),
        sections=(
            tuple(
                (_named(each, name), *_numbers(each.finding), *_extent(each.finding)) for name, each in named.items()
            ),
        ),
        names=2,
        notes=(
            f"verdict: {found.verdict}",
            *_reasons({name: each.finding for name, each in named.items()}),
            *found.notes,
        ),
    )


def _levels(found: Inference) -> Table:
    return Table(
        title="What languages of each level gain by themselves",
        columns=("level", "unit", "mean", f"{found.level} interval", "degrees of freedom", "languages", "tasks"),
        sections=(tuple(_level(each) for each in found.levels),),
        names=2,
        notes=(
            "over no intermediate training; low and high: fitted means over the tasks that have both, which differ by "
            "the contrast above; unseen: the mean over all tasks and languages",
            *_reasons({f"{each.level}, {each.measure}": each.finding for each in found.levels}),
        ),
    )


def _level(each: LevelMean) -> Row:
    finding = each.finding
    if isinstance(finding, Missing):
        return (each.level, each.measure, "missing", "", "", "", "")
    numbers = (f"{finding.estimate:+.2f}", _interval(finding), f"{finding.dof:.1f}")
    return (each.level, finding.unit, *numbers, str(len(finding.languages)), str(len(finding.tasks)))


def _family(title: str, found: Inference, tested: Sequence[Tested], note: str) -> Table:
    return Table(
        title=title,
        columns=("contrast", *_columns(found), ADJUSTED),
        sections=(
            tuple(
                (_named(each, each.name), *_numbers(each.finding), "" if each.adjusted is None else _p(each.adjusted))
                for each in tested
            ),
        ),
        names=2,
        notes=(note, *_reasons({each.name: each.finding for each in tested})),
    )


def _columns(found: Inference) -> tuple[str, ...]:
    return ("unit", "low minus high", f"{found.level} interval", "p", "degrees of freedom")


def _named(each: Tested, name: str) -> str:
    return f"{name} (planned)" if each.planned else name


def _of_sensitivity(found: Inference) -> str:
    had = sum(isinstance(each.finding, Contrast) for each in found.sensitivity)
    return f"of these {had} could be had; the verdict has a direction only if all of them exclude zero in it"


def _of_secondary(found: Inference) -> str:
    had = [each for each in found.secondary if isinstance(each.finding, Contrast)]
    before = sum(isinstance(each.finding, Contrast) and not each.finding.is_noise for each in had)
    after = len(excluding(had, found.alpha))
    return f"{counted(len(had), 'test')}: zero is excluded by {before}, after Holm's correction by {after}"


def _seeds(found: Inference) -> Table:
    rows = tuple(_spread(each) for each in found.spreads)
    return Table(
        title="What seeds do to a single score",
        columns=("seeds", "variance in squared points", "standard deviation in points", "groups of seeds"),
        sections=(rows,),
        notes=(
            "variance of one score between seeds of one kind, others equal: mean over settings, tasks and languages",
            _pairing(found),
            *_reasons({each.seeds: each.variance for each in found.spreads if isinstance(each.variance, Missing)}),
        ),
    )


def _spread(each: Spread) -> Row:
    if isinstance(each.variance, Missing):
        return (each.seeds, "missing", "missing", str(each.groups))
    return (each.seeds, f"{each.variance:.2f}", f"{each.variance**0.5:.2f}", str(each.groups))


def _pairing(found: Inference) -> str:
    pairing = found.pairing
    if pairing is None or isinstance(pairing, Missing):
        return f"the correlation that pairing relies on: missing{f', {pairing.reason}' if pairing else ''}"
    return (
        f"the correlation that pairing relies on: {pairing.correlation:+.2f} between a point's score and its "
        f"baseline's over target seeds; a paired gain has {pairing.ratio:.2f} times the variance of an unpaired one"
    )


def _numbers(finding: Contrast | Missing) -> Row:
    if isinstance(finding, Missing):
        return ("", "missing", "", "", "")
    numbers = (f"{finding.estimate:+.2f}", _interval(finding), _p(finding.p), f"{finding.dof:.1f}")
    return (finding.unit, *numbers)


def _extent(finding: Contrast | Missing) -> Row:
    if isinstance(finding, Missing):
        return ("", "", "")
    return (f"{len(finding.low)} against {len(finding.high)}", str(len(finding.tasks)), str(finding.seeds))


def _interval(finding: Contrast | Mean) -> str:
    return f"[{finding.interval[0]:+.2f}, {finding.interval[1]:+.2f}]"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _reasons(findings: dict[str, object]) -> list[str]:
    """Why each that is missing is, those with one reason together."""
    found: dict[str, list[str]] = {}
    for name, finding in findings.items():
        if isinstance(finding, Missing):
            found.setdefault(finding.reason, []).append(name)
    return [f"missing: {', '.join(names)}: {reason}" for reason, names in found.items()]
