"""Which of the tests of a study were planned: those that the frozen analysis names, corrected family by family."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.analysis.inference.frozen import Frozen, is_planned
from harness.analysis.inference.paragraph import counted
from harness.analysis.inference.results import Contrast, Inference, Tested
from harness.analysis.inference.sensitivity import Tried
from harness.analysis.inference.verdicts import corrected, excluding
from harness.plan.sweeps.analysis_spec import Family
from harness.plan.sweeps.model_specs import name_of
from harness.plan.sweeps.study import Study

EXPLORED = "This was explored, not planned: the analysis as it is now was not fixed before there were results."
MEASURES = {"low_minus_high_slope": "slope", "low_minus_high_gain": "gain"}


def marked(found: Inference, study: Study, frozen: Frozen | None) -> Inference:
    """`found` with what was planned marked as such; nothing is where the analysis was not fixed before the results.

    Of each planned family the p are adjusted for its own number; those of explored tests for all secondary ones.
    """
    if frozen is not None and frozen.planned:
        secondary = _secondary(found, study, frozen)
        found = replace(found, primary=replace(found.primary, planned=True), secondary=secondary)
    elif frozen is not None and found.verdict != "missing":
        found = replace(found, paragraph=f"{found.paragraph} {EXPLORED}")
    return replace(found, notes=(*found.notes, *_note(found)))


def _note(found: Inference) -> Iterator[str]:
    """How many secondary contrasts there are, after the correction that counts."""
    had = [each.finding for each in found.secondary if isinstance(each.finding, Contrast)]
    if had:
        before, after = sum(not each.is_noise for each in had), len(excluding(found.secondary, found.alpha))
        yield (
            f"Beside the primary contrast {counted(len(had), 'secondary one')} could be had: zero is excluded by "
            f"{before}, after Holm's correction for their number by {after}."
        )


def _secondary(found: Inference, study: Study, frozen: Frozen) -> tuple[Tested, ...]:
    families = _families(study)
    planned: dict[tuple[Family, ...], list[Tested]] = {}
    for each in found.secondary:
        measure, _, part = each.name.partition(", ")
        own = families.get(part, ())
        asked = MEASURES[frozen.spec.question] if own == ("by_control",) else found.primary.name
        if measure == asked and own and all(is_planned(frozen, family) for family in own):
            planned.setdefault(own, []).append(each)
    corrections = (corrected([Tried(each.name, each.finding) for each in family]) for family in planned.values())
    again = {each.name: replace(each, planned=True) for family in corrections for each in family}
    return tuple(again.get(each.name, each) for each in found.secondary)


def _families(study: Study) -> Mapping[str, tuple[Family, ...]]:
    """By what stands behind the measure in a test's name, the families that it belongs to."""
    models, chains = [name_of(model) for model in study.sweep.models], study.sweep.chains
    found: dict[str, tuple[Family, ...]] = {f"control {control}": ("by_control",) for control in study.sweep.controls}
    found |= {f"{model} · {chain}": ("by_model", "by_chain") for model in models for chain in chains}
    return found | dict.fromkeys(chains, ("by_chain",)) | dict.fromkeys(models, ("by_model",))
