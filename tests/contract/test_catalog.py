"""Every file of the catalogue keeps its contract, whoever added it."""

import pkgutil
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest

from harness.catalog import find, metrics
from harness.catalog.data import dataset, present, rows, texts
from harness.catalog.languages import LANGUAGES
from harness.catalog.sources.world_grammar import LANGUAGES as TOY_LANGUAGES
from harness.catalog.sources.world_grammar import NAMES, SENSES
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    Prediction,
    RetrievalExample,
    SpanExample,
    TaggedExample,
)
from harness.spec.recipe import Duration, Recipe, amended

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data"
TASKS = find.task_names()
GENERATED = tuple(name for name in TASKS if name.startswith("toy_"))
METRICS = tuple(module.name for module in pkgutil.iter_modules(metrics.__path__))
ROOT = FOLDER if FOLDER.is_dir() else None


def _has_rows(name: str) -> bool:
    """Whether gold can be read here; SQuAD v1.1 is not at hand, tests/unit/catalog reads its layout instead."""
    task = find.task(name)
    return any(present(name, split, ROOT) for split in (task.evaluate_on, "dev", "train"))


SCORED = tuple(name for name in TASKS if find.task(name).metric and (ROOT is None or _has_rows(name)))


def at_hand(name: str) -> list[Example]:
    """Gold rows of one language of a task, of its test split if possible."""
    task = find.task(name)
    for split in (task.evaluate_on, "dev", "train"):
        for language in present(name, split, ROOT)[:1]:
            return [row for _, row in rows(dataset(name, split, (language,)), ROOT)]
    return pytest.skip("needs ../shared/data")


def perfect(row: Example) -> Prediction:
    match row:
        case PairExample() | ChoiceExample():
            return row.label
        case TaggedExample():
            return list(row.tags or ())
        case SpanExample():
            return row.answers[0][0] if row.answers else ""
        case RetrievalExample():
            return [[row.id, 1.0]]
        case _:
            raise AssertionError("text has no gold")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_named_by_its_file_and_refers_to_what_exists(name):
    task = find.task(name)
    assert task.name == name
    assert set(task.train) <= set(TASKS)
    assert all("en" in find.task(trainer).languages for trainer in task.train)
    assert set(task.languages) <= set(LANGUAGES) | set(TOY_LANGUAGES)
    assert len(set(task.languages)) == len(task.languages)


@pytest.mark.parametrize("name", TASKS)
def test_a_tasks_recipe_is_one(name):
    base = Recipe(Duration("epochs", 1.0), batch_size=8, learning_rate=1e-3, seed=0)
    assert amended(base, find.task(name).recipe, name).seed == 0


@pytest.mark.parametrize("name", SCORED)
def test_gold_answers_score_exactly_100(name):
    gold = at_hand(name)
    scores = find.task(name).metric.score(gold, {row.id: perfect(row) for row in gold}, "en")
    assert set(scores.values()) == {100}


@pytest.mark.parametrize("name", SCORED)
def test_a_constant_answer_is_worth_little(name):
    """Labels of a split that is scored are not constant, nor so one-sided that nothing could be seen."""
    assert find.task(name).metric.chance(at_hand(name), "en") < 60


@pytest.mark.parametrize("name", SCORED)
def test_labels_are_the_declared_ones(name):
    found = {label for row in at_hand(name) for label in _labels(row)}
    assert found <= set(find.task(name).labels)


def _labels(row: Example) -> tuple[str | None, ...]:
    match row:
        case PairExample():
            return (row.label,)
        case TaggedExample():
            return row.tags or ()
        case _:
            return ()


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_task_has_the_rows_it_declares_in_every_language_it_names(name):
    task = find.task(name)
    split = task.evaluate_on if task.metric else "train"
    assert set(present(name, split, None)) >= set(task.languages)
    for kind, size in task.train_sizes.items():
        assert sum(1 for _ in rows(dataset(name, kind, ("en",)), None)) == size


@pytest.mark.parametrize("name", [name for name in GENERATED if find.task(name).gloss])
def test_a_gloss_has_a_known_concept_for_each_word(name):
    task = find.task(name)
    for language in task.languages:
        for row in islice(task.source.rows(None, task.evaluate_on, language), 20):
            for text in texts(row):
                told = task.gloss(language, text).split()
                assert len(told) == len(text.split())
                assert set(told) <= {*SENSES, *NAMES, ".", "?"}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_named_by_its_file(name):
    assert import_module(f"{metrics.__name__}.{name}").METRIC.name == name


@pytest.mark.parametrize("name", find.model_names())
def test_a_model_is_pinned_or_trained_from_scratch(name):
    model = find.model(name)
    assert (model.hub_id is None) == (model.revision is None)
    assert model.revision is None or (len(model.revision) == 40 and set(model.revision) <= set("0123456789abcdef"))
    assert model.architecture.hidden % model.architecture.heads == 0


def test_languages_are_those_of_xtreme_r():
    assert len(LANGUAGES) == 50
    assert {iso for iso, language in LANGUAGES.items() if not language.in_xlm_r} == {"ht", "qu", "wo", "yo"}
