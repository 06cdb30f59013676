"""A made-up study of as many Points as one asks for: records and scores by rule, nothing trained, nothing read."""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.analysis.answer import Answer, answer
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.identity import identity
from harness.spec.load import dump, from_yaml
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage, slug
from harness.spec.record import Cost, LanguageScore, Record, Scores

PER_SEED = 50  # Points: 2 models x (4 chains x 6 amounts and the baseline)
SWEEP = """
name: made_up
models: [xlm_r/base, xlm_r/large]
intermediate: [mnli, squad_v2, hellaswag, cosmos_qa]
epochs: [1, 2, 3, 4, 6, 8]
batch_size: 32
targets: [xnli, udpos, tatoeba]
"""
STEPS = 200  # in the journal of each training phase
BEGAN = 1_767_225_600.0  # seconds since the epoch
LOW = frozenset({"sw", "ur", "yo", "wo", "af", "eu", "jv", "ka", "ml", "mr", "te", "tl", "ta"})
ENVIRONMENT = {"device": "cpu", "world_size": 1, "threads": 1, "packages": {"deepspeed": "0.0.0"}}


@dataclass
class MadeUp:
    """Records and scores by the id of a phase, as the analysis looks them up."""

    records: dict[str, Record] = field(default_factory=dict)
    scored: dict[str, Scores] = field(default_factory=dict)

    def record(self, phase: str) -> Record | None:
        """The record of a phase."""
        return self.records.get(phase)

    def scores(self, phase: str) -> Scores | None:
        """The scores of an evaluation."""
        return self.scored.get(phase)

    def environment(self, phase: str) -> Mapping[str, Any] | None:
        """The same of every phase."""
        return ENVIRONMENT if phase in self.records else None


def study(points: int) -> Answer:
    """The answer of a finished study of `points` Points, a multiple of PER_SEED; raises ValueError for others."""
    planned = planned_study(points)
    return answer(planned, made_up(planned), lambda data: {})


def planned_study(points: int) -> Study:
    """The study itself: two models, four chains, six amounts, three targets in 94 places, points / 50 seeds."""
    seeds, rest = divmod(points, PER_SEED)
    if rest or not seeds:
        raise ValueError(f"{points} Points are no multiple of {PER_SEED}")
    sweep = from_yaml(Sweep, f"{SWEEP}seeds: {list(range(1, seeds + 1))}\n", "made_up.yaml")
    access = DataAccess(lambda task, split: (), lambda data: data, lambda data, evaluated: ())
    return expand(sweep, Datasets(access, targets_of(sweep)))


def made_up(planned: Study) -> MadeUp:
    """A record of every phase, and scores that grow with the logarithm of compute, more in low-resource languages."""
    made = MadeUp()
    for number, phase in enumerate(plan(planned.leaves)):
        key = identity(phase)
        finished = datetime.fromtimestamp(BEGAN + number, UTC).isoformat()
        made.records[key] = Record(key, slug(phase), cost(phase), {}, "", finished, "exact", final_loss=0.5)
        if isinstance(phase, Evaluate):
            languages = {code: LanguageScore({"score": score(phase, code)}, 30.0, 500) for code in phase.data.languages}
            made.scored[key] = Scores(key, phase.data.task, "made up", 1, {}, {}, languages, {})
    return made


def score(leaf: Evaluate, language: str) -> float:
    """In percent: about 60, 1 (low-resource: 2) for each doubling of epochs in between, and noise of one point."""
    epochs = sum(stage.recipe.duration.amount for stage in lineage(leaf) if stage.role == "intermediate")
    drawn = random.Random(f"{identity(leaf)} {language}")
    return 60.0 + (2.0 if language in LOW else 1.0) * math.log2(1 + epochs) + drawn.gauss(0.0, 1.0)


def cost(phase: AnyPhase) -> Cost:
    """1e15 model FLOPs and 100 seconds for each epoch, a hundredth of one for an evaluation."""
    epochs = phase.recipe.duration.amount if isinstance(phase, Train) else 0.01
    flops, tokens = int(1e15 * epochs), int(1e6 * epochs)
    return Cost(flops, 2 * flops, flops, 0, tokens, 2 * tokens, tokens // 100, STEPS, 100 * epochs)


def write(runs: Path, planned: Study) -> None:
    """The run folder that such a study leaves: phases, records, scores, and journals of `STEPS` steps."""
    made = made_up(planned)
    for phase in plan(planned.leaves):
        folder, key = folder_of(runs, phase), identity(phase)
        folder.path.mkdir(parents=True)
        folder.phase_file.write_text(_text(phase))
        folder.environment_file.write_text(json.dumps(ENVIRONMENT))
        if isinstance(phase, Train):
            folder.journal_file.write_text("".join(map(line, range(STEPS))))
        if isinstance(phase, Evaluate):
            folder.scores_file.write_text(_text(made.scored[key]))
        folder.record_file.write_text(_text(made.records[key]))


def line(step: int) -> str:
    """One step in a journal."""
    told = f'"step": {step}, "steps": {STEPS}, "loss": {1 / (step + 1)}, "learning_rate": 1e-05, "grad_norm": 1.0'
    return f'{{"event": "step", "time": {BEGAN + step}, {told}, "flops_model": {10**12 * (step + 1)}}}\n'


def _text(content: Any) -> str:
    return json.dumps(dump(content))
