"""What the numbers of a study cannot say, from what the study is."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.points.seeds import kind_of, left_out
from harness.catalog import find
from harness.catalog.languages import ENGLISH

FEW = 10  # languages of a level, below which an interval over languages rests on little


def limits(answer: Answer) -> Iterator[str]:
    """One sentence per limit."""
    sweep = answer.study.sweep
    models = list(dict.fromkeys(point.at.model for point in answer.points))
    if len(models) == 1:
        yield f"There is one model, {models[0]}: nothing here speaks of other sizes or families."
    if kind_of(answer.study) is None:
        yield "There is one seed: what another seed would change is not known, and no interval holds it."
    elif outside := left_out(answer.study):
        yield f"{outside[0].upper()}{outside[1:]}."
    yield _amounts(answer)
    yield from _levels(answer)
    yield (
        "Languages differ in more than resources: script, family and domain go along with the level, so that a "
        "contrast between levels need not be caused by resources."
    )
    splits = {leaf.data.split for leaf in answer.study.leaves}
    if splits - {"test"}:
        yield f"Scores are on {', '.join(sorted(splits))}: not all of these are test sets."
    if any(leaf.data.limit for leaf in answer.study.leaves):
        yield "Some test sets are cut to their first rows, so their scores are not the published task's."
    if "target_more" not in sweep.controls:
        yield (
            "There is no control `target_more`: whether the same FLOPs on the target's own data would buy as much "
            "is not known."
        )
    if any(find.task(name).published is None for name in answer.points[0].cells):
        yield "The languages and tasks are generated ones: they show that the method works, not what languages do."


def _amounts(answer: Answer) -> str:
    unit, amounts = answer.study.sweep.axis
    if len(amounts) < 2:
        return "There is one amount of intermediate training, so nothing here is a slope on compute."
    spread = f"{min(amounts):g} to {max(amounts):g} {unit}"
    if unit == "flops":
        return f"Compute was varied from {spread}; beyond that range nothing is known."
    return (
        f"Compute was varied by {spread} over the same examples: more compute is more passes, not more data, and "
        "beyond that range nothing is known."
    )


def _levels(answer: Answer) -> Iterator[str]:
    for model, point in {point.at.model: point for point in answer.points}.items():
        counts = {level: sum(own == level for own in point.levels.values()) for level in ("low", "high")}
        few = [f"{count} {level}-resource" for level, count in counts.items() if count < FEW]
        if few:
            yield (
                f"{model} is evaluated in {' and '.join(few)} languages besides {ENGLISH}: intervals over languages "
                "rest on few."
            )
