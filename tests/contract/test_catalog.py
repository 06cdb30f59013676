"""Every file of the catalogue keeps its contract, whoever added it."""

import pkgutil
import re
from functools import cache
from importlib import import_module
from itertools import islice

import gold
import pytest
from rich.console import Console

from harness.catalog import find, metrics
from harness.catalog.data import dataset, present, rows, texts
from harness.catalog.languages import CC100, CORPORA, LANGUAGES
from harness.catalog.sources.world_grammar import LANGUAGES as TOY_LANGUAGES
from harness.catalog.sources.world_grammar import NAMES, SENSES
from harness.run.data import status as data_status
from harness.spec.example import Example, PairExample, TaggedExample
from harness.spec.recipe import Duration, Recipe, amended

TASKS = find.task_names()
GENERATED = tuple(name for name in TASKS if name.startswith("toy_"))
FROM_FILES = tuple(name for name in TASKS if data_status.in_files(find.task(name)))
METRICS = tuple(module.name for module in pkgutil.iter_modules(metrics.__path__))
SCORED = tuple(name for name in TASKS if find.task(name).metric)
# Parts of published files, which ../shared/data has; what is there of every other task is whole.
PARTS = {
    ("anli", "train"),
    ("commonsense_qa", "dev"),
    ("commonsense_qa", "train"),
    ("cosmos_qa", "dev"),
    ("cosmos_qa", "train"),
    ("panx", "train"),
    ("siqa", "dev"),
    ("siqa", "train"),
    ("squad_v2", "train"),
    ("udpos", "test"),
}


@cache
def rows_at_hand(name: str) -> tuple[Example, ...]:
    return tuple(gold.at_hand(find.task(name)))


def gold_rows(name: str) -> tuple[Example, ...]:
    return rows_at_hand(name) or tuple(gold.made_up(find.task(name)))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_named_by_its_file_and_refers_to_what_exists(name):
    task = find.task(name)
    assert task.name == name
    assert set(task.train) <= set(TASKS)
    assert all("en" in find.task(trainer).languages for trainer in task.train)
    assert set(task.languages) <= (set(TOY_LANGUAGES) if name in GENERATED else set(LANGUAGES))
    assert len(set(task.languages)) == len(task.languages)


@pytest.mark.parametrize("name", TASKS)
def test_a_tasks_recipe_is_one(name):
    base = Recipe(Duration("epochs", 1.0), batch_size=8, learning_rate=1e-3, seed=0)
    assert amended(base, find.task(name).recipe, name).seed == 0


@pytest.mark.parametrize("name", SCORED)
def test_gold_answers_score_exactly_100(name):
    metric, rows_ = find.task(name).metric, gold_rows(name)
    answers = gold.perfect(rows_)
    score = metric.tune(rows_, answers, "en") if metric.tune else metric.score
    assert set(score(rows_, answers, "en").values()) == {100}


@pytest.mark.parametrize("name", SCORED)
def test_a_constant_answer_is_worth_little(name):
    """Labels of a split that is scored are not constant, nor so one-sided that nothing could be seen."""
    assert find.task(name).metric.chance(gold_rows(name), "en") < 60


@pytest.mark.parametrize("name", SCORED)
def test_labels_are_the_declared_ones(name):
    task = find.task(name)
    found = {label for row in rows_at_hand(name) for label in _labels(row)}
    assert found <= set(task.labels)
    assert task.labels or task.read_labels or task.format in ("choice", "span", "retrieval")


def _labels(row: Example) -> tuple[str | None, ...]:
    match row:
        case PairExample():
            return (row.label,)
        case TaggedExample():
            return row.tags or ()
        case _:
            return ()


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_task_says_where_it_was_published_and_whether_its_test_labels_are_open(name):
    task = find.task(name)
    assert task.published is not None
    assert task.published.source
    assert task.published.licence
    assert any(word in task.published.test_labels for word in ("open", "hidden", "none"))
    assert task.published.memory is None or task.published.memory.strip()


@pytest.mark.parametrize("name", [name for name in TASKS if find.task(name).metric])
def test_the_split_that_a_task_is_evaluated_on_was_published_and_so_were_pool_and_tuning(name):
    task = find.task(name)
    named = {task.evaluate_on, *([task.pool.split] if task.pool else ()), *([task.tuned_on] if task.tuned_on else ())}
    assert named <= set(task.source.splits)


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_data_set_of_the_hub_is_namespaced_and_pinned(name):
    source = find.task(name).source
    for split in source.splits:
        for language in find.task(name).languages:
            for remote in source.remotes(split, language):
                assert re.fullmatch(r"[\w.-]+/[\w.-]+", remote.hub.repo)
                assert re.fullmatch(r"[0-9a-f]{40}", remote.hub.revision)
                assert remote.hub.seen
                assert all(path.endswith(".parquet") and "{" not in path for path in remote.paths)


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_training_set_has_the_size_that_was_published(name):
    task = find.task(name)
    for split, size in task.train_sizes.items():
        assert task.source.published(split, "en") in (size, None)


@pytest.mark.parametrize("name", FROM_FILES)
def test_no_number_of_rows_that_files_are_refused_for_is_from_memory(name):
    task = find.task(name)
    told = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d", task.published.memory or "")}
    known = {task.source.published(split, language) for split in task.source.splits for language in task.languages}
    assert not told & known


def test_splits_at_hand_have_their_published_sizes(data_folder):
    found = data_status.look((), data_folder, Console(quiet=True))
    assert found.problems == []
    assert {(each.task, each.split) for each in found.standings if each.health == "differs"} == PARTS
    assert sum(each.health == "ok" for each in found.standings) > 70


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
    assert model.revision is None or model.hub_id
    assert model.revision is None or (len(model.revision) == 40 and set(model.revision) <= set("0123456789abcdef"))
    assert model.architecture.head_size or model.architecture.hidden % model.architecture.heads == 0


def test_languages_are_those_of_xtreme_r():
    assert len(LANGUAGES) == 50
    assert set(LANGUAGES) - set(CORPORA[CC100]) == {"ht", "qu", "wo", "yo"}
