"""The inference of made studies: what is injected is found, and what cannot be said is missing with its reason."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.analysis.inference.infer import infer
from harness.analysis.inference.results import Contrast, Inference, Mean
from harness.analysis.values import Missing
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

LOW, HIGH = ("af", "eu", "te", "mr"), ("de", "fr", "ru", "vi")
SWEEP = """
name: inferred
models: [{models}]
intermediate: [{chains}]
epochs: [{epochs}]
batch_size: 8
targets:
  - {{task: udpos, languages: [{languages}]}}
  - {{task: panx, languages: [{languages}]}}
  - {{task: tatoeba, languages: [{languages}], train: []}}
seeds: {seeds}
controls: [{controls}]
"""
TAGGING = """
name: tagging
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10]
batch_size: 8
targets:
  - {task: udpos, languages: [en, yo, af, eu, te, de, fr]}
  - {task: panx, languages: [en, af, eu, te, de, fr]}
seeds: [1, 2]
"""
SETTING = {
    "models": "xlm_r/base",
    "chains": "anli",
    "epochs": "1, 10, 100",
    "languages": ", ".join((*LOW, *HIGH)),
    "seeds": "[1, 2, 3]",
    "controls": "",
}
ALL = {"mr": 0, "af": 1, "eu": 2, "te": 3, "de": 4, "fr": 5, "ru": 6, "vi": 7}


def trained(leaf: Evaluate) -> tuple[float, int]:
    """Epochs of intermediate training behind `leaf`, and its seed."""
    stages = [phase for phase in lineage(leaf) if phase.role == "intermediate"]
    return sum(phase.recipe.duration.amount for phase in stages), max((p.recipe.seed for p in stages), default=0)


def rising(extra: float, noise: float = 0.2) -> Callable[[Evaluate, str], float]:
    """Gains of 1 point per tenfold compute, `extra` more in low-resource languages; languages differ a little."""

    def score(leaf: Evaluate, language: str) -> float:
        epochs, seed = trained(leaf)
        if not epochs:
            return 60.0
        own = np.random.default_rng((ALL.get(language, 9), len(leaf.data.task))).normal() * noise
        drawn = np.random.default_rng((ALL.get(language, 9), len(leaf.data.task), seed, int(epochs))).normal() * noise
        return 60.0 + (1 + extra * (language in LOW) + own) * np.log10(10 * epochs) + drawn

    return score


def inferred(make: Any, score: Callable[[Evaluate, str], float], **setting: str) -> Inference:
    study = make.study(SWEEP.format(**{**SETTING, **setting}))
    return make.answer(study, make.results(study, score)).inference  # type: ignore[no-any-return]


def contrast(found: Contrast | Missing) -> Contrast:
    assert isinstance(found, Contrast), found
    return found


def test_an_injected_contrast_of_slopes_is_found_and_a_mean_gain_beside_it(make: Any) -> None:
    found = inferred(make, rising(2.0))
    primary = contrast(found.primary.finding)
    assert primary.interval[0] < 2.0 < primary.interval[1]
    assert primary.interval[1] - primary.interval[0] < 1.5
    assert (primary.low, primary.high) == (tuple(sorted(LOW)), tuple(sorted(HIGH)))
    assert (primary.tasks, primary.seeds) == (("udpos", "panx", "tatoeba"), 3)
    assert contrast(found.named("gain")).estimate == pytest.approx(2 * primary.estimate, abs=0.5)
    assert found.verdict in ("low gains more", "depends on scale or task")
    low, high = (
        next(each.finding for each in found.levels if (each.level, each.measure) == (level, "slope"))
        for level in ("low", "high")
    )
    assert isinstance(low, Mean) and isinstance(high, Mean)
    assert low.estimate - high.estimate == pytest.approx(primary.estimate)


def test_no_contrast_is_not_told_apart(make: Any) -> None:
    found = inferred(make, rising(0.0))
    assert contrast(found.primary.finding).is_noise
    assert found.verdict == "not told apart"
    assert "they cannot be told apart." in found.paragraph


def test_baselines_cancel_out_of_slopes_and_controls_are_left_out(make: Any) -> None:
    def moved(leaf: Evaluate, language: str) -> float:
        epochs, _ = trained(leaf)
        shuffled = any("shuffled" in str(phase) for phase in lineage(leaf))
        return rising(2.0)(leaf, language) - (0 if epochs else 7 * (language in LOW)) + 5 * shuffled

    plain, other = inferred(make, rising(2.0)), inferred(make, moved, controls="shuffled_labels")
    assert contrast(other.primary.finding).estimate == pytest.approx(contrast(plain.primary.finding).estimate)
    gains = [contrast(each.named("gain")).estimate for each in (plain, other)]
    assert gains[1] == pytest.approx(gains[0] + 7)
    assert {each.name for each in other.secondary} == {
        "slope, control shuffled_labels",
        "gain, control shuffled_labels",
    }


def test_a_missing_score_makes_contrasts_missing_by_name_and_no_more(make: Any) -> None:
    study = make.study(SWEEP.format(**SETTING))
    results = make.results(study, rising(2.0))
    lost = next(leaf for leaf in study.points[-1].leaves if leaf.data.task == "tatoeba")
    del results.records[identity(lost)]
    found = make.answer(study, results).inference
    assert isinstance(found.primary.finding, Missing)
    assert found.primary.finding.reason.startswith("8 of 216 scores are missing, the first: tatoeba/")
    assert found.primary.finding.reason.endswith(": not evaluated yet")
    assert found.verdict == "missing"
    assert "cannot be said: 8 of 216 scores are missing" in found.paragraph
    without = next(each for each in found.sensitivity if each.name == "without retrieval tasks")
    assert contrast(without.finding).tasks == ("udpos", "panx")


def test_one_amount_of_compute_has_no_slope_and_still_a_mean_gain(make: Any) -> None:
    found = inferred(make, rising(2.0), epochs="10")
    assert found.primary.finding == Missing("one amount of compute")
    assert contrast(found.named("gain")).estimate == pytest.approx(4.0, abs=0.7)
    assert "Over the compute that there is, low-resource languages gain " in found.paragraph
    assert found.paragraph.startswith("Whether more intermediate compute helps low-resource languages more")


@pytest.mark.parametrize(
    ("languages", "reason"),
    [
        ("af, de", "no interval: alone of its kind is af, de, and how far languages differ"),
        ("af, de, fr", "no interval: alone of its kind is af, and how far languages differ"),
        ("de, fr", "no low-resource language"),
        ("af, te", "no high-resource language"),
    ],
)
def test_too_few_languages_have_no_interval(make: Any, languages: str, reason: str) -> None:
    found = inferred(make, rising(2.0), languages=languages)
    assert isinstance(found.primary.finding, Missing)
    assert found.primary.finding.reason.startswith(reason)
    assert found.verdict == "missing"


def test_languages_without_any_noise_have_no_interval(make: Any) -> None:
    found = inferred(make, rising(2.0, noise=0.0))
    assert found.primary.finding == Missing(
        "no interval: the languages of each level agree exactly; the estimate is +2.0"
    )


def test_one_seed_and_few_languages_are_told(make: Any) -> None:
    found = inferred(make, rising(2.0), seeds="[1]", languages="af, te, de, fr, ru, vi")
    assert contrast(found.primary.finding).seeds == 1
    assert any(note.startswith("One seed: ") for note in found.notes)
    assert "Only 2 low-resource languages: af, te." in found.notes


def test_unseen_languages_and_english_are_in_no_contrast(make: Any) -> None:
    study = make.study(TAGGING)
    found = make.answer(study, make.results(study, rising(2.0))).inference
    primary = contrast(found.primary.finding)
    assert (primary.low, primary.high) == (("af", "eu", "te"), ("de", "fr"))
    (unseen,) = [each.finding for each in found.levels if each.level == "unseen" and each.measure == "gain"]
    assert isinstance(unseen, Missing) and "alone of its kind is yo" in unseen.reason


def test_several_models_and_chains_are_pooled_and_asked_apart(make: Any) -> None:
    def by_model(leaf: Evaluate, language: str) -> float:
        """Base gains 40 more in every language; its low-resource ones 1 more per tenfold compute, of Large 3."""
        epochs, _ = trained(leaf)
        base = "xlm-roberta-base" in str(leaf)
        return rising(1.0 if base else 3.0)(leaf, language) + (20 if base and epochs else 0)

    found = inferred(make, by_model, models="xlm_r/base, xlm_r/large", chains="anli, hellaswag")
    assert contrast(found.primary.finding).estimate == pytest.approx(2.0, abs=0.3)
    assert len(found.secondary) == 2 * (2 + 2 + 4)
    named = {each.name: each for each in found.secondary}
    assert contrast(named["slope, xlm_r/base"].finding).estimate == pytest.approx(1.0, abs=0.4)
    assert contrast(named["slope, xlm_r/large · anli"].finding).estimate == pytest.approx(3.0, abs=0.4)
    adjusted = [each.adjusted for each in found.secondary]
    assert all(
        p is not None and p >= contrast(each.finding).p for p, each in zip(adjusted, found.secondary, strict=True)
    )
    assert any("16 secondary ones could be had" in note for note in found.notes)


def test_inner_seeds_are_averaged(make: Any) -> None:
    found = inferred(make, rising(2.0), seeds="{intermediate: [1, 2], target: [1, 2, 3]}")
    assert contrast(found.primary.finding).seeds == 2


def test_a_study_without_intermediate_training_has_nothing_to_say(make: Any) -> None:
    study = make.study(SWEEP.format(**SETTING))
    found = infer(study, make.answer(study).split, ())
    assert found.primary.finding == Missing("nothing was trained in between")
    assert found.verdict == "missing"
