"""The sensitivity analyses: each asks something else, and says so where it cannot be had."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from harness.analysis.answer import Answer
from harness.analysis.inference import results
from harness.analysis.inference.panel import in_errors, in_log_odds, panel
from harness.analysis.inference.results import Contrast
from harness.analysis.inference.sensitivity import TARGET_MORE
from harness.analysis.values import Missing
from harness.spec.phase import Evaluate, lineage

SIZES = {"te": 4.7, "eu": 2.0, "af": 1.3, "mr": 2.8, "fr": 56.8, "de": 66.6, "ru": 278.0, "vi": 137.3}  # GiB of CC-100
LOW = ("te", "eu", "af", "mr")
SWEEP = """
name: sensitive
models: [xlm_r/base]
intermediate: [CHAINS]
epochs: [1, 10]
batch_size: 8
targets:
  - {task: panx, languages: [te, eu, af, mr, fr, de, ru, vi]}
  - {task: udpos, languages: [te, eu, af, mr, fr, de, ru, vi]}
  - {task: tatoeba, languages: [te, eu, af, mr, fr, de, ru, vi], train: []}
seeds: [1, 2, 3]
controls: [CONTROLS]
"""
Score = Callable[[Evaluate, str], float]


def steps(leaf: Evaluate) -> float:
    """How often compute was multiplied by ten, counted from 1; 0 without intermediate training."""
    epochs = sum(phase.recipe.duration.amount for phase in lineage(leaf) if phase.role == "intermediate")
    return float(np.log10(10 * epochs)) if epochs else 0.0


def noise(leaf: Evaluate, language: str, size: float = 0.3) -> float:
    seed = next((phase.recipe.seed for phase in lineage(leaf)), 0)
    place = [*SIZES].index(language), len(leaf.data.task), seed, int(10 * steps(leaf))
    return float(np.random.default_rng(place).normal()) * size


def answered(make: Any, score: Score, chains: str = "anli", controls: str = "") -> Answer:
    study = make.study(SWEEP.replace("CHAINS", chains).replace("CONTROLS", controls))
    return make.answer(study, make.results(study, score))  # type: ignore[no-any-return]


def sensitive(answer: Answer) -> Mapping[str, results.Tested]:
    return {each.name.partition(" (")[0]: each for each in answer.inference.sensitivity}


def had(tested: results.Tested) -> Contrast:
    assert isinstance(tested.finding, Contrast), tested
    return tested.finding


def by_level(leaf: Evaluate, language: str) -> float:
    """2 points per tenfold compute more in low-resource languages, in Tatoeba 4 more."""
    more = 4 if leaf.data.task == "tatoeba" else 2
    return 50 + steps(leaf) * more * (language in LOW) + noise(leaf, language)


def test_each_analysis_of_a_plain_contrast_finds_it(make: Any) -> None:
    answer = answered(make, by_level)
    found = sensitive(answer)
    primary = answer.inference.primary.finding
    assert isinstance(primary, Contrast)
    for name in ("jackknife by language", "crossed mixed model", "equal headroom", "medians over seeds"):
        assert had(found[name]).estimate == pytest.approx(primary.estimate, abs=0.3), name
        assert not had(found[name]).is_noise
    assert had(found["jackknife by language"]).dof == 7
    assert had(found["without retrieval tasks"]).estimate == pytest.approx(2.0, abs=0.3)
    assert had(found["without tatoeba"]).estimate == had(found["without retrieval tasks"]).estimate
    assert had(found["in percent of errors"]).estimate == pytest.approx(2 * primary.estimate, abs=0.3)
    assert had(found["in percent of errors"]).unit == "% of errors per tenfold compute"
    assert had(found["in log odds"]).estimate == pytest.approx(primary.estimate / 25, abs=0.03)
    assert found["without pairs of one source"].finding == Missing(
        "no target is trained on the data of an intermediate task"
    )
    assert found[TARGET_MORE].finding == Missing("the study has no such control")
    assert answer.inference.verdict == "low gains more"


def test_a_difference_of_one_task_alone_depends_on_it(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        more = 6 if leaf.data.task == "tatoeba" else -1
        return 50 + steps(leaf) * more * (language in LOW) + noise(leaf, language)

    answer = answered(make, score)
    assert answer.inference.verdict == "depends on scale or task"
    assert had(answer.inference.primary).interval[0] > 0 > had(sensitive(answer)["without tatoeba"]).interval[1]
    assert "without retrieval tasks" in answer.inference.paragraph


def test_less_text_and_more_gain_is_positive(make: Any) -> None:
    def by_size(leaf: Evaluate, language: str) -> float:
        return 50 - 3 * steps(leaf) * np.log10(SIZES[language] / 10) + noise(leaf, language, 0.05)

    found = had(sensitive(answered(make, by_size))["text size instead of two levels"])
    assert found.estimate == pytest.approx(3.0, abs=0.1)
    assert found.interval[0] > 2.5


def test_what_headroom_explains_is_no_difference_of_levels(make: Any) -> None:
    def by_headroom(leaf: Evaluate, language: str) -> float:
        start = 40.0 + 5 * [*SIZES].index(language) + (12 if leaf.data.task == "panx" and language == "de" else 0)
        return start + 0.1 * steps(leaf) * (100 - start) + noise(leaf, language, 0.05)

    answer = answered(make, by_headroom)
    assert had(answer.inference.primary).estimate > 1.5
    assert abs(had(sensitive(answer)["equal headroom"]).estimate) < 0.3


def test_a_median_of_seeds_does_not_follow_one_of_them(make: Any) -> None:
    def one_off(leaf: Evaluate, language: str) -> float:
        seed = next((phase.recipe.seed for phase in lineage(leaf)), 0)
        return by_level(leaf, language) - 20 * steps(leaf) * (language in LOW) * (seed == 2)

    found = answered(make, one_off)
    assert had(found.inference.primary).estimate < -2
    assert had(sensitive(found)["medians over seeds"]).estimate == pytest.approx(2 + 2 / 3, abs=0.3)


def test_pairs_of_one_source_are_left_out_chain_by_chain(make: Any) -> None:
    study = make.study(
        SWEEP.replace("CHAINS", "mnli, anli")
        .replace("CONTROLS", "")
        .replace("udpos, languages: [te, eu, af, mr, fr, de, ru, vi]", "xnli, languages: [sw, ur, de, fr]")
    )

    def score(leaf: Evaluate, language: str) -> float:
        own = leaf.data.task == "xnli" and "'mnli'" in str(leaf)
        place = [*SIZES, "sw", "ur"].index(language), len(leaf.data.task), int(10 * steps(leaf))
        low = language in (*LOW, "sw", "ur")
        return 50 + steps(leaf) * low * (12 if own else 2) + 0.2 * np.random.default_rng(place).normal()

    found = sensitive(make.answer(study, make.results(study, score)))["without pairs of one source"]
    assert any(point.same_source == ("xnli",) for point in study.points)
    assert had(found).estimate == pytest.approx(2.0, abs=0.4)
    assert had(found).tasks == ("panx", "xnli", "tatoeba")


def test_over_target_more_is_without_tasks_that_train_on_nothing(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        stage = next((phase for phase in lineage(leaf) if phase.role == "intermediate"), None)
        more = stage is not None and stage.matches is not None
        own = 1 if language in LOW else 3
        return 50 + (np.log10(2) * own if more else steps(leaf) * 2 * (language in LOW)) + noise(leaf, language, 0.1)

    answer = answered(make, score, controls="target_more")
    assert had(sensitive(answer)[TARGET_MORE]).tasks == ("panx", "udpos")
    assert had(sensitive(answer)[TARGET_MORE]).estimate == pytest.approx(2.0, abs=0.3)
    assert any(
        note.startswith("Over target_more is without tatoeba: it trains on nothing") for note in answer.inference.notes
    )


def test_scales_say_where_a_baseline_has_no_errors(make: Any) -> None:
    answer = answered(make, lambda leaf, language: 100.0 if language == "de" else by_level(leaf, language))
    own = panel(answer.gains)
    assert np.isinf(in_errors(own)).any() and np.isfinite(in_log_odds(own)).all()
    assert sensitive(answer)["in percent of errors"].finding == Missing(
        "a baseline of 100 leaves no errors to make fewer"
    )
