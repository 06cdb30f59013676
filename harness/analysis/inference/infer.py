"""The inference of a study: the planned contrast, its neighbours, and the verdict that follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from harness.analysis.inference.contrasts import contrast, level_mean
from harness.analysis.inference.panel import Panel, panel
from harness.analysis.inference.paragraph import counted, paragraph
from harness.analysis.inference.planned import MEASURES
from harness.analysis.inference.results import Contrast, Inference, LevelMean, Tested
from harness.analysis.inference.rows import Question
from harness.analysis.inference.sensitivity import (
    NOTHING,
    TARGET_MORE,
    Asked,
    Finding,
    Tried,
    against_target_more,
    sensitivities,
    trainable,
)
from harness.analysis.inference.spreads import pairing, spreads
from harness.analysis.inference.verdicts import corrected, verdict
from harness.analysis.points.gains import Gain
from harness.analysis.points.seeds import left_out
from harness.analysis.points.splits import LEVELS, Split
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import AnalysisSpec
from harness.plan.sweeps.study import Study

QUESTIONS = {"slope": Question("slope"), "gain": Question("gain")}
FEW = 4  # languages of a level, below which an interval rests on next to nothing


def infer(study: Study, split: Split, gains: Sequence[Gain]) -> Inference:
    """What `gains` of `study` say about low- and high-resource languages; controls are in contrasts of their own.

    The primary contrast is what the `analysis` block asks, at its level.
    """
    spec = study.sweep.analysis or AnalysisSpec()
    everything = panel([gain for gain in gains if gain.at.on_axes and gain.over == "none"])
    base = everything.only(lambda gain: gain.at.control is None)
    asked = _asked(spec, base, gains)
    primary = _at(contrast(asked.panel, asked.question), spec.alpha)
    beside = {name: contrast(base, question) for name, question in QUESTIONS.items() if name != asked.name}
    sensitivity = _corrected(sensitivities(asked, split, primary), spec.alpha)
    concluded, against = verdict(primary, sensitivity, spec.alpha)
    found = Inference(
        primary=Tested(asked.name, primary),
        beside=tuple(Tested(name, _at(finding, spec.alpha)) for name, finding in beside.items()),
        secondary=_corrected(list(_secondary(everything, base, asked)), spec.alpha),
        sensitivity=sensitivity,
        verdict=concluded,
        paragraph="",
        levels=tuple(_levels(base, spec.alpha)),
        spreads=spreads(base, study.sweep.seeds.paired),
        pairing=pairing(base),
        alpha=spec.alpha,
    )
    outside = left_out(study)
    notes = (*_notes(found, gains), *([f"{outside[:1].upper()}{outside[1:]}."] if outside else []))
    return replace(found, paragraph=paragraph(found, against), notes=notes)


def _asked(spec: AnalysisSpec, base: Panel, gains: Sequence[Gain]) -> Asked:
    """The primary contrast of a study with this `analysis` block."""
    measure, against = MEASURES[spec.question], against_target_more(gains)
    if spec.over == "none":
        return Asked(measure, QUESTIONS[measure], base, TARGET_MORE, against)
    question = replace(QUESTIONS[measure], keep=trainable)
    return Asked(f"{measure} {TARGET_MORE}", question, panel(against), NOTHING, base.gains)


def _at(finding: Finding, alpha: float) -> Finding:
    return finding.at(alpha) if isinstance(finding, Contrast) else finding


def _corrected(tried: Sequence[Tried], alpha: float) -> tuple[Tested, ...]:
    return corrected([replace(each, finding=_at(each.finding, alpha)) for each in tried])


def _levels(base: Panel, alpha: float) -> Iterator[LevelMean]:
    for question in QUESTIONS.values():
        for level in LEVELS:
            found = level_mean(base, question, level)
            yield LevelMean(level, question.measure, found if isinstance(found, Missing) else found.at(alpha))


def _secondary(everything: Panel, base: Panel, asked: Asked) -> Iterator[Tried]:
    """Both contrasts of each model, chain and both, where there are several, and of each control; over target_more, if
    that is `asked`, its slopes alone.
    """
    scaled = len({gain.at.amount for gain in base.gains}) > 1
    plain = {name: replace(own, keep=trainable) for name, own in QUESTIONS.items() if scaled or name == "gain"}
    own = plain if asked.name in QUESTIONS else {asked.name: asked.question}
    for name, at in _places(base.gains).items():
        for measure, question in own.items():
            yield Tried(f"{measure}, {name}", contrast(asked.panel.only(partial(_lies, at)), question))
    for control in dict.fromkeys(gain.at.control for gain in everything.gains if gain.at.control):
        part = everything.only(partial(_lies, {"control": control}))
        for measure, question in plain.items():
            yield Tried(f"{measure}, control {control}", contrast(part, question))


def _places(gains: Sequence[Gain]) -> dict[str, dict[str, str]]:
    """Each model, each chain, and each of both, where there are several, by name with their coordinates."""
    models = list(dict.fromkeys(gain.at.model for gain in gains))
    chains = list(dict.fromkeys(gain.at.intermediate for gain in gains))
    places: dict[str, dict[str, str]] = {}
    if len(models) > 1:
        places |= {model: {"model": model} for model in models}
    if len(chains) > 1:
        places |= {chain: {"intermediate": chain} for chain in chains}
    if len(models) > 1 and len(chains) > 1:
        places |= {f"{m} · {c}": {"model": m, "intermediate": c} for m in models for c in chains}
    return places


def _lies(at: Mapping[str, str], gain: Gain) -> bool:
    """Whether a gain has these coordinates."""
    return all(getattr(gain.at, name) == value for name, value in at.items())


def _notes(found: Inference, gains: Sequence[Gain]) -> Iterator[str]:
    """What a reader must know of the contrasts."""
    told = [each.finding for each in (found.primary, *found.beside) if isinstance(each.finding, Contrast)]
    if told:
        primary = told[0]
        if primary.seeds == 1:
            yield "One seed: no interval of these contrasts holds what another run would change for a level as a whole."
        for level, languages in (("low", primary.low), ("high", primary.high)):
            if len(languages) < FEW:
                yield f"Only {counted(len(languages), f'{level}-resource language')}: {', '.join(languages)}."
        if primary.seeds_added:
            yield "Seeds differ more than languages and test items explain, so they are part of the error."
    absent = {task: reason for gain in against_target_more(gains) for task, reason in gain.without.items()}
    for task, reason in absent.items():
        yield f"{TARGET_MORE[:1].upper()}{TARGET_MORE[1:]} is without {task}: it {reason}."
