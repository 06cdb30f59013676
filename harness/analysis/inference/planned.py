"""Which of the tests of a study were planned: those that the frozen analysis names, corrected family by family."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.analysis.inference.frozen import Frozen, is_planned
from harness.analysis.inference.results import Inference, Tested
from harness.analysis.inference.sensitivity import TARGET_MORE, Tried
from harness.analysis.inference.verdicts import corrected
from harness.plan.sweeps.analysis_spec import Family
from harness.plan.sweeps.model_specs import name_of
from harness.plan.sweeps.study import Study

MEASURES = {"low_minus_high_slope": "slope", "low_minus_high_gain": "gain"}


def marked(found: Inference, study: Study, frozen: Frozen | None) -> Inference:
    """`found` with what was planned marked as such; nothing is where the analysis was not fixed before the results.

    Of each planned family the p are adjusted for its own number; those of explored tests for all secondary ones.
    """
    if frozen is None or not frozen.planned:
        return found
    spec = frozen.spec
    primary = {"slope": spec.question == "low_minus_high_slope", "gain": spec.question == "low_minus_high_gain"}
    plain = spec.over == "none"
    return replace(
        found,
        primary=replace(found.primary, planned=plain and primary["slope"]),
        gain=replace(found.gain, planned=plain and primary["gain"]),
        secondary=_secondary(found.secondary, study, frozen),
        sensitivity=tuple(replace(each, planned=not plain and each.name == TARGET_MORE) for each in found.sensitivity),
    )


def _secondary(tested: Sequence[Tested], study: Study, frozen: Frozen) -> tuple[Tested, ...]:
    families = _families(study)
    planned: dict[tuple[Family, ...], list[Tested]] = {}
    for each in tested:
        measure, _, part = each.name.partition(", ")
        own = families.get(part, ())
        if measure == MEASURES[frozen.spec.question] and own and all(is_planned(frozen, family) for family in own):
            planned.setdefault(own, []).append(each)
    corrections = (corrected([Tried(each.name, each.finding) for each in family]) for family in planned.values())
    again = {each.name: replace(each, planned=True) for family in corrections for each in family}
    return tuple(again.get(each.name, each) for each in tested)


def _families(study: Study) -> Mapping[str, tuple[Family, ...]]:
    """By what stands behind the measure in a test's name, the families that it belongs to."""
    models, chains = [name_of(model) for model in study.sweep.models], study.sweep.chains
    found: dict[str, tuple[Family, ...]] = {f"control {control}": ("by_control",) for control in study.sweep.controls}
    found |= {f"{model} · {chain}": ("by_model", "by_chain") for model in models for chain in chains}
    return found | dict.fromkeys(chains, ("by_chain",)) | dict.fromkeys(models, ("by_model",))
