"""The demo learns what it must, and does not when a part of the pipeline is broken: its scores tell."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from harness.files.layout import folder_of
from harness.plan.dag import Plan, plan
from harness.plan.sweeps.study import Coordinates, Study
from harness.run.track.score import read_scores, score
from harness.spec.phase import Evaluate
from harness.worker.session import Session
from tests.learning.expectations import CHOICE, HIGH, INFERENCE, RETRIEVAL, TAGGING, UNSEEN, Results, Scores, unmet
from tests.learning.mutations import MUTATIONS, Mutation
from tests.learning.rehearsal import keep, rehearse, small_demo, stage
from tests.learning.shallow import strongest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

PRETRAINED_FOR = (TAGGING, CHOICE, RETRIEVAL)
POINTS: Mapping[str, tuple[Callable[[Coordinates], bool], tuple[str, ...]]] = {
    "baseline": (lambda at: at.is_baseline, (*PRETRAINED_FOR, INFERENCE)),
    "unpretrained": (lambda at: at.control == "no_pretraining", PRETRAINED_FOR),
    "intermediate": (lambda at: at.on_axes, (INFERENCE,)),
}


@dataclass(frozen=True)
class Demo:
    """The small demo, performed once as it is in the run folder `runs`."""

    study: Study
    runs: Path
    session: Session
    shallow: Scores

    @cached_property
    def plan(self) -> Plan:
        """The phases behind the scores that are looked at."""
        return plan(leaf for name in POINTS for leaf in self._leaves(name))

    def perform(self, runs: Path) -> None:
        """Do what is not done in `runs`."""
        rehearse(self.plan, runs, self.session)

    def results(self, runs: Path) -> Results:
        """The scores that the control side derives from `runs`."""
        score(runs, self.study, None)
        found = {name: dict(_scores(self._leaves(name), runs)) for name in POINTS}
        return Results(shallow=self.shallow, **found)

    def _leaves(self, name: str) -> tuple[Evaluate, ...]:
        chosen, tasks = POINTS[name]
        (point,) = (point for point in self.study.points if chosen(point.at))
        return tuple(leaf for leaf in point.leaves if leaf.data.task in tasks)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    runs = tmp_path_factory.mktemp("demo")
    study = small_demo(runs)
    with stage(plan(study.leaves)) as session:
        demo = Demo(study, runs, session, _shallow())
        demo.perform(runs)
        yield demo


def test_the_demo_learns_what_it_must(demo: Demo) -> None:
    assert unmet(demo.results(demo.runs)) == []


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_broken_pipeline_is_told_by_its_scores(demo: Demo, mutation: Mutation, tmp_path: Path) -> None:
    again = list(filter(mutation.again, demo.plan))
    assert again
    keep(tuple(phase for phase in demo.plan if phase not in again), demo.runs, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        mutation.breaks(patch)
        demo.perform(tmp_path)
    said = unmet(demo.results(tmp_path))
    silent = [told for told in mutation.told if not any(sentence.startswith(told) for sentence in said)]
    assert silent == [], said


def _scores(leaves: tuple[Evaluate, ...], runs: Path) -> Iterator[tuple[str, Mapping[str, float]]]:
    for leaf in leaves:
        found = read_scores(folder_of(runs, leaf))
        assert found is not None
        assert not found.missing
        yield leaf.data.task, {language: told.values["score"] for language, told in found.languages.items()}


def _shallow() -> Scores:
    high = {task: {language: strongest(task, language) for language in HIGH} for task in PRETRAINED_FOR}
    unseen = {
        task: {language: strongest(task, language) for language in UNSEEN} for task in (*PRETRAINED_FOR, INFERENCE)
    }
    return {task: high.get(task, {}) | languages for task, languages in unseen.items()}
