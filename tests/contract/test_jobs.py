"""Every job file plans, can be placed, and trains on nothing that it evaluates."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.plan.dag import plan
from harness.run.check import check, read_by
from harness.run.study import Work, open_work
from harness.spec import yaml_text
from harness.spec.phase import Evaluate
from harness.spec.task import Data

JOBS = Path(__file__).resolve().parents[2] / "jobs"
NEED_DATA = {"real_small"}
LONG = 8  # words; shorter texts are compared as wholes only


@pytest.fixture(params=sorted(path.stem for path in JOBS.glob("*.yaml")))
def work(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = request.getfixturevalue("data_folder") if request.param in NEED_DATA else None
    return _opened(request.param, folder)


@cache
def _opened(job: str, folder: Path | None) -> Work:
    return open_work(JOBS / f"{job}.yaml", folder, JOBS.parent / "build" / "contract")


def test_a_job_can_be_run_here(work: Work) -> None:
    check(work)


def test_a_job_always_has_the_baseline_of_every_point(work: Work) -> None:
    found = {point.at for point in work.study.points}
    assert all(point.at.baseline in found for point in work.study.points)
    assert any(point.at.is_baseline for point in work.study.points)


def test_a_plan_names_parents_first_and_nothing_twice(work: Work) -> None:
    assert plan(work.study.leaves) == work.plan
    assert len(set(work.plan)) == len(work.plan)


def test_nothing_that_is_evaluated_is_trained_on(work: Work) -> None:
    """Translations with the same id included: every language at hand of an evaluated task counts."""
    evaluated = {_words(text) for data in _evaluated(work) for text in _texts(data, work.data)} - {()}
    openings = {text[:LONG]: text for text in evaluated if len(text) >= LONG}
    leaked = []
    for data in _trained(work):
        for text in map(_words, _texts(data, work.data)):
            joined = " ".join(text)
            if text in evaluated:
                leaked.append((data.task, joined))
            for at in range(len(text) - LONG + 1):
                found = openings.get(text[at : at + LONG])
                if found and " ".join(found) in joined:
                    leaked.append((data.task, " ".join(found)))
    assert evaluated
    assert leaked == []


def test_the_demo_over_seeds_is_the_demo_but_for_its_name_and_seeds() -> None:
    demo, seeds = (yaml_text.parse((JOBS / f"{name}.yaml").read_text()) for name in ("demo", "demo_seeds"))
    assert {key for key in demo.keys() | seeds.keys() if demo.get(key) != seeds.get(key)} == {"name", "seeds"}


def _evaluated(work: Work) -> Iterator[Data]:
    for data in {phase.data for phase in work.plan if isinstance(phase, Evaluate)}:
        languages = catalog_data.present(data.task, data.split, work.data)
        yield catalog_data.dataset(data.task, data.split, languages)


def _trained(work: Work) -> set[Data]:
    return {data for phase in work.plan if not isinstance(phase, Evaluate) for data in read_by(phase)}


def _texts(data: Data, root: Path | None) -> Iterator[str]:
    for _, example in catalog_data.rows(data, root):
        yield from catalog_data.texts(example)


def _words(text: str) -> tuple[str, ...]:
    """Letters, marks and digits; without the marks, different words of Telugu would be equal."""
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in text.casefold())
    return tuple("".join(kept).split())
