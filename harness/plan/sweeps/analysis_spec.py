"""The `analysis:` block of a sweep file: the question that is fixed before the first phase, and how it is tested."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.spec.value import value

Question = Literal["low_minus_high_slope", "low_minus_high_gain"]
Over = Literal["none", "target_more"]
Family = Literal["by_model", "by_chain", "by_control"]
Share = Annotated[float, Field(gt=0, lt=1)]
Spread = Annotated[float, Field(ge=0, le=100)]  # scores have 100 points


@value
class Collapse:
    """When a run counts as collapsed: English dev scores below this share of the way from chance to the baseline."""

    below: Share = 0.5


@value
class Spreads:
    """What `harness plan --power` takes for true before anything is measured: assumptions, not findings.

    They are about those of benchmarks/simulated_study.py, by which intervals are checked. `language` and `cell` are
    standard deviations of true slopes, in points per tenfold compute: between languages of one level, over all of
    their tasks, and between the tasks of one language. `run` and `checkpoint` are of single scores in points: what
    another seed does to one language of one task, beyond what it does to all languages of that task, which cancels
    out, and what it does to all low-resource languages at once. `right` is the share of right answers, and `paired`
    the correlation of two checkpoints' answers to one item; of both comes what test items add. `items` is the size of
    a test set where none is known.
    """

    language: Spread = 1.5
    cell: Spread = 2.0
    run: Spread = 1.0
    checkpoint: Spread = 0.3
    right: Share = 0.65
    paired: Annotated[float, Field(ge=0, lt=1)] = 0.64
    items: Annotated[int, Field(gt=0, le=10**9)] = 1000


@value
class AnalysisSpec:
    """What is asked, fixed beforehand: it is hashed before the first phase, and the report holds later ones apart.

    `over` says what the gain is over: no intermediate training, or the same FLOPs on the target's own data.
    `difference` would matter, in points (per tenfold compute, of slopes). `secondary` names families of further tests,
    each corrected for its number by Holm's method. Without `collapse` nothing is evaluated on English dev rows.
    """

    question: Question = "low_minus_high_slope"
    over: Over = "none"
    difference: Annotated[float, Field(gt=0, le=100)] = 2.0
    alpha: Annotated[float, Field(ge=1e-4, le=0.5)] = 0.05
    secondary: tuple[Family, ...] = ()
    collapse: Collapse | None = Collapse()
    power: Spreads = Spreads()

    @model_validator(mode="after")
    def _check(self) -> "AnalysisSpec":
        if self.over == "target_more" and self.question != "low_minus_high_slope":
            raise ValueError(
                "analysis: over target_more slopes alone are asked for; write `question: low_minus_high_slope`"
            )
        return self
