"""The answer of a study: its points, gains and curves, made in one go from records and scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.analysis.curves.curves import Curve, curves
from harness.analysis.curves.fits import Fit, fits
from harness.analysis.curves.size_lines import SizeLine, size_lines
from harness.analysis.inference.frozen import Frozen
from harness.analysis.inference.infer import infer
from harness.analysis.inference.planned import marked
from harness.analysis.inference.results import Inference
from harness.analysis.points.costs import Role, spent
from harness.analysis.points.gains import Gain, gains
from harness.analysis.points.points import Lookup, Point, points
from harness.analysis.points.pretraining import CountWords
from harness.analysis.points.splits import Split, split_of
from harness.analysis.spending.budgets import bought
from harness.analysis.spending.usage import Stage, Usage, usage
from harness.analysis.spending.utilisation import Utilisation, utilisation
from harness.analysis.values import Missing
from harness.files.ceiling import Ceiling
from harness.plan.costs.budget import Bought
from harness.plan.dag import plan
from harness.plan.sweeps.study import Study
from harness.spec.identity import identity
from harness.spec.record import Cost


@dataclass(frozen=True)
class Answer:
    """Everything that tables, figures, the report and MLflow show.

    `sizes` are its lines against model size, `bought` is what FLOP budgets bought. `spent` is the cost by role of every
    distinct phase once, `usage` its time and memory by stage, `utilisation` what its steps made of the accelerators;
    `environments` are those of its phases, `notes` what their records say that a reader must know. `frozen` is the
    analysis as it was fixed before the first phase, None where the sweep has no `analysis` block.
    """

    study: Study
    split: Split
    points: tuple[Point, ...]
    gains: tuple[Gain, ...]
    curves: tuple[Curve, ...]
    sizes: tuple[SizeLine, ...]
    bought: tuple[Bought, ...]
    spent: Mapping[Role, Cost | Missing]
    usage: Mapping[Stage, Usage]
    utilisation: Mapping[Stage, Utilisation]
    environments: tuple[Mapping[str, Any] | Missing, ...]
    notes: tuple[str, ...] = ()
    frozen: Frozen | None = None

    @cached_property
    def inference(self) -> Inference:
        """What the gains say about low- and high-resource languages; worked out when first asked for."""
        return marked(infer(self.study, self.split, self.gains), self.study, self.frozen)

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """The forms of a curve on each of its lines, along FLOPs and along steps."""
        return fits(self.gains)


def answer(study: Study, lookup: Lookup, count_words: CountWords, ceiling: Ceiling | None = None) -> Answer:
    """Analyse `study` as far as it is finished.

    `count_words` counts the words by language of pretraining text; `ceiling` is what `harness doctor` measured.
    """
    split = split_of(study, count_words)
    rows = points(study, lookup, split)
    gained = gains(rows)
    phases = plan(study.evaluations)
    environments = [lookup.environment(identity(phase)) for phase in phases]
    records = [lookup.record(identity(phase)) for phase in phases]
    return Answer(
        study=study,
        split=split,
        points=rows,
        gains=gained,
        curves=curves(gained),
        sizes=size_lines(gained),
        bought=bought(study, lookup),
        spent=spent(study.points, lookup.record),
        usage=usage(phases, lookup.record),
        utilisation=utilisation(phases, lookup.record, lookup.environment, ceiling),
        environments=tuple(environment for environment in environments if environment),
        notes=tuple(dict.fromkeys(note for record in records if record for note in record.notes)),
    )
