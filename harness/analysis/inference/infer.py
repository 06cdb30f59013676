"""The inference of a study: the planned contrast, its neighbours, and the verdict that follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from harness.analysis.inference.contrasts import contrast, level_mean
from harness.analysis.inference.panel import Panel, panel
from harness.analysis.inference.paragraph import counted, paragraph
from harness.analysis.inference.results import Contrast, Inference, LevelMean, Tested
from harness.analysis.inference.rows import Question
from harness.analysis.inference.sensitivity import (
    PRIMARY,
    TARGET_MORE,
    Tried,
    against_target_more,
    sensitivities,
    trainable,
)
from harness.analysis.inference.spreads import pairing, spreads
from harness.analysis.inference.verdicts import corrected, excluding, verdict
from harness.analysis.points.gains import Gain
from harness.analysis.points.seeds import left_out
from harness.analysis.points.splits import LEVELS, Split
from harness.plan.sweeps.study import Study

GAIN = Question("gain")
MEASURES = {"slope": PRIMARY, "gain": GAIN}
FEW = 4  # languages of a level, below which an interval rests on next to nothing


def infer(study: Study, split: Split, gains: Sequence[Gain]) -> Inference:
    """What `gains` of `study` say about low- and high-resource languages; controls are in contrasts of their own."""
    own = [gain for gain in gains if gain.at.on_axes and gain.over == "none"]
    everything = panel(own)
    base = everything.only(lambda gain: gain.at.control is None)
    primary, gained = (contrast(base, question) for question in MEASURES.values())
    sensitivity = corrected(sensitivities(base, gains, split, primary))
    secondary = corrected(list(_secondary(everything, base)))
    concluded, against = verdict(primary, sensitivity)
    found = Inference(
        primary=Tested("slope", primary),
        gain=Tested("gain", gained),
        secondary=secondary,
        sensitivity=sensitivity,
        verdict=concluded,
        paragraph="",
        levels=tuple(_levels(base)),
        spreads=spreads(base, study.sweep.seeds.paired),
        pairing=pairing(base),
    )
    outside = left_out(study)
    notes = (*_notes(found, gains), *([f"{outside[:1].upper()}{outside[1:]}."] if outside else []))
    return replace(found, paragraph=paragraph(found, against), notes=notes)


def _levels(base: Panel) -> Iterator[LevelMean]:
    for question in MEASURES.values():
        for level in LEVELS:
            yield LevelMean(level, question.measure, level_mean(base, question, level))


def _secondary(everything: Panel, base: Panel) -> Iterator[Tried]:
    """Both contrasts of each model, chain and both, where there are several, and of each control."""
    models = list(dict.fromkeys(gain.at.model for gain in base.gains))
    chains = list(dict.fromkeys(gain.at.intermediate for gain in base.gains))
    controls = list(dict.fromkeys(gain.at.control for gain in everything.gains if gain.at.control))
    places: dict[str, dict[str, str]] = {}
    if len(models) > 1:
        places |= {model: {"model": model} for model in models}
    if len(chains) > 1:
        places |= {chain: {"intermediate": chain} for chain in chains}
    if len(models) > 1 and len(chains) > 1:
        places |= {f"{m} · {c}": {"model": m, "intermediate": c} for m in models for c in chains}
    parts = {name: base.only(partial(_lies, at)) for name, at in places.items()}
    parts |= {f"control {name}": everything.only(partial(_lies, {"control": name})) for name in controls}
    scaled = len({gain.at.amount for gain in base.gains}) > 1
    for name, part in parts.items():
        for measure, question in MEASURES.items():
            if measure == "gain" or scaled:
                yield Tried(f"{measure}, {name}", contrast(part, replace(question, keep=trainable)))


def _lies(at: Mapping[str, str], gain: Gain) -> bool:
    """Whether a gain has these coordinates."""
    return all(getattr(gain.at, name) == value for name, value in at.items())


def _notes(found: Inference, gains: Sequence[Gain]) -> Iterator[str]:
    """What a reader must know of the contrasts."""
    primary = found.primary.finding if isinstance(found.primary.finding, Contrast) else found.gain.finding
    if isinstance(primary, Contrast):
        if primary.seeds == 1:
            yield "One seed: no interval of these contrasts holds what another run would change for a level as a whole."
        for level, languages in (("low", primary.low), ("high", primary.high)):
            if len(languages) < FEW:
                yield f"Only {counted(len(languages), f'{level}-resource language')}: {', '.join(languages)}."
        if primary.seeds_added:
            yield "Seeds differ more than languages and test items explain, so they are part of the error."
    had = [each for each in found.secondary if isinstance(each.finding, Contrast)]
    if had:
        before = sum(not each.finding.is_noise for each in had if isinstance(each.finding, Contrast))
        yield (
            f"Beside the primary contrast {counted(len(had), 'secondary one')} could be had: zero is excluded by "
            f"{before}, after Holm's correction for their number by {len(excluding(had))}."
        )
    absent = {task: reason for gain in against_target_more(gains) for task, reason in gain.without.items()}
    for task, reason in absent.items():
        yield f"{TARGET_MORE[:1].upper()}{TARGET_MORE[1:]} is without {task}: it {reason}."
