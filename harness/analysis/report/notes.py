"""What a reader must know before believing the numbers of a study, one sentence each."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import kind_of, over
from harness.analysis.report.scores_part import chance_rows

SHORT = 8  # languages of a task that are named one by one even where all of them are meant
FEW = 3  # points that are named one by one


def notes_of(answer: Answer) -> list[str]:
    """Seeds, pairs with the same source, scores at chance, scores on parts of test sets, what records tell, gaps."""
    found = [_seeds(answer), *_same_source(answer), *_chance(answer), *_unofficial(answer), *answer.notes]
    gaps = sum(len(point.missing) for point in answer.points)
    return [*found, *([f"{gaps} scores are missing; the report lists them by name with the reason."] if gaps else [])]


def missing_rows(answer: Answer) -> list[str]:
    """Every missing score by name with its reason; points that miss the same ones share a line."""
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in answer.points:
        reasons: dict[str, dict[str, list[str]]] = {}
        for (task, language), reason in point.missing.items():
            reasons.setdefault(reason, {}).setdefault(task, []).append(language)
        for reason, tasks in reasons.items():
            names = ", ".join(_names(task, lost, len(point.scores[task])) for task, lost in tasks.items())
            groups.setdefault((names, reason), []).append(point)
    return [f"{names}: {reason}: {_points(own)}" for (names, reason), own in groups.items()]


def _names(task: str, languages: list[str], of: int) -> str:
    if len(languages) == of > SHORT:
        return f"{task}/all {of} languages"
    return ", ".join(f"{task}/{language}" for language in languages)


def _points(points: list[Point]) -> str:
    """Each by its label where they are few, else by model, chain and control, and how many."""
    if len(points) <= FEW:
        return "; ".join(point.at.label for point in points)
    counts: dict[str, int] = {}
    for point in points:
        name = " · ".join(filter(None, (point.at.model, point.at.intermediate, point.at.control)))
        counts[name] = counts.get(name, 0) + 1
    return "; ".join(f"{name} ({count} points)" if count > 1 else name for name, count in counts.items())


def _seeds(answer: Answer) -> str:
    """How many seeds there are, and over which the intervals are; the table of gains says what these leave out."""
    seeds, kind = answer.study.sweep.seeds, kind_of(answer.study)
    if kind is None:
        return "There is one seed, so there is no interval: differences between points may be noise."
    text = f"{len(seeds.pretrain)} pretraining, {len(seeds.intermediate)} intermediate, {len(seeds.target)} target"
    speaking = f" and speak of {kind.speak_of}" if kind.speak_of else ""
    return f"Seeds: {text}; intervals are 95 % t-intervals over {over(answer.study)}{speaking}."


def _same_source(answer: Answer) -> Iterator[str]:
    chains: dict[tuple[str, ...], list[str]] = {}
    for point in answer.points:
        found = chains.setdefault(point.same_source, [])
        found += [point.at.intermediate] if point.at.intermediate not in found else []
    for targets, names in chains.items():
        if targets:
            yield f"Same source: {', '.join(targets)} trains on data of the intermediate stages of {', '.join(names)}."


def _unofficial(answer: Answer) -> Iterator[str]:
    """For each benchmark that is evaluated the test sets that are not whole, so that a point has no score of it."""
    found = (f"{suite}/score is missing: {why}." for point in answer.points for suite, why in point.unofficial.items())
    return iter(dict.fromkeys(found))


def _chance(answer: Answer) -> Iterator[str]:
    rows = chance_rows(answer)
    if rows:
        yield f"At chance in every point that has them, so no evidence of transfer: {'; '.join(rows)}."
