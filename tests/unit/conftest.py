"""Studies and made-up results for the tests of the analysis and of what is written from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.analysis.answer import Answer, answer
from harness.plan.dag import plan
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage, slug
from harness.spec.record import Cost, LanguageScore, Record, Scores

SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [anli, anli+squad_v2]
epochs: [1, 10]
batch_size: 8
targets:
  - {task: udpos, languages: [en, af, de, yo]}
  - {task: tatoeba, languages: [af, de], train: []}
seeds: [1, 2, 3]
"""

NOTHING_AT_HAND = DataAccess(lambda task, split: (), lambda data: data, lambda data, evaluated: ())


def made_study(text: str = SWEEP) -> Study:
    sweep = from_yaml(Sweep, text, "made.yaml")
    return expand(sweep, Datasets(NOTHING_AT_HAND, targets_of(sweep)))


def amount(leaf: Evaluate) -> float:
    """Epochs of the intermediate stages behind `leaf`."""
    return sum(phase.recipe.duration.amount for phase in lineage(leaf) if phase.role == "intermediate")


def made_score(leaf: Evaluate, language: str) -> float:
    """Grows with intermediate training, more for low-resource languages, a little noisier for some seeds."""
    seed = next((phase.recipe.seed for phase in lineage(leaf)), 0)
    return 60.0 + {"af": 2.0, "yo": 3.0}.get(language, 1.0) * amount(leaf) ** 0.5 + 0.1 * seed


def made_cost(phase: AnyPhase) -> Cost:
    """A billion model FLOPs per epoch, for a tokenizer nothing, for an evaluation a million."""
    match phase:
        case Train():
            flops = int(1e9 * phase.recipe.duration.amount)
        case Evaluate():
            flops = 1_000_000
        case _:
            flops = 0
    return Cost(model=flops, hardware=2 * flops, six_nd=3 * flops, real_tokens=flops // 1000, seconds=2.0, steps=10)


@dataclass
class MadeResults:
    """A lookup over made-up records and scores; phases may be taken out or changed."""

    records: dict[str, Record] = field(default_factory=dict)
    scored: dict[str, Scores] = field(default_factory=dict)

    def record(self, phase: str) -> Record | None:
        return self.records.get(phase)

    def scores(self, phase: str) -> Scores | None:
        return self.scored.get(phase)

    def environment(self, phase: str) -> Mapping[str, Any] | None:
        return {"packages": {"deepspeed": "0.0.0"}} if phase in self.records else None


def made_results(study: Study, score: Callable[[Evaluate, str], float] = made_score) -> MadeResults:
    made = MadeResults()
    for number, phase in enumerate(plan(study.evaluations)):
        finished = f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}+00:00"
        made.records[identity(phase)] = Record(
            identity(phase), slug(phase), made_cost(phase), {}, "environment.json", finished, "exact"
        )
        if isinstance(phase, Evaluate):
            made.scored[identity(phase)] = made_scores(phase, score)
    return made


def made_scores(leaf: Evaluate, score: Callable[[Evaluate, str], float]) -> Scores:
    languages = {lang: LanguageScore({"score": score(leaf, lang)}, 30.0, 100) for lang in leaf.data.languages}
    return Scores(identity(leaf), leaf.data.task, "made", 1, {}, {}, languages, {})


def made_answer(study: Study, results: MadeResults | None = None) -> Answer:
    return answer(study, results or made_results(study), lambda data: {})


@dataclass(frozen=True)
class Maker:
    """The functions of this file, for the tests below."""

    study: Callable[..., Study] = made_study
    results: Callable[..., MadeResults] = made_results
    scores: Callable[..., Scores] = made_scores
    answer: Callable[..., Answer] = made_answer


@pytest.fixture
def make() -> Maker:
    return Maker()
