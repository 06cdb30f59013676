"""The benchmark's suites: their tasks, and the languages in which each counts."""

import pytest

from harness.catalog import find
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.load import from_yaml

LANGUAGES = {  # how many languages each task has: google-research/xtreme, evaluate.py
    "xtreme": {
        "xnli": 15,
        "pawsx": 7,
        "udpos": 33,
        "panx": 40,
        "xquad": 11,
        "mlqa": 7,
        "tydiqa": 9,
        "bucc2018": 4,
        "tatoeba_raw": 36,
    },
    "xtreme_r": {
        "xnli": 15,
        "xcopa": 11,
        "udpos": 38,
        "panx": 48,
        "xquad": 12,
        "mlqa": 7,
        "tydiqa": 9,
        "mewslix": 11,
        "lareqa": 11,
        "tatoeba": 41,
    },
}


def _targets(*names: str) -> dict:
    entries = ", ".join(names)
    text = f"name: made\nmodels: [m]\nintermediate: x\nepochs: 1\nbatch_size: 8\ntargets: [{entries}]"
    return {target.task: target for target in targets_of(from_yaml(Sweep, text, "made.yaml"))}


def _languages(target) -> tuple[str, ...]:
    return find.task(target.task).languages if target.languages == "all" else target.languages


@pytest.mark.parametrize("suite", LANGUAGES)
def test_a_suite_has_its_tasks_in_its_languages(suite):
    counted = {name: len(set(_languages(target))) for name, target in _targets(suite).items()}
    assert counted == LANGUAGES[suite]


@pytest.mark.parametrize("suite", LANGUAGES)
def test_a_suite_restricts_a_task_to_languages_that_it_has(suite):
    for task, languages in find.suite(suite).languages.items():
        assert set(languages) < set(find.task(task).languages)
        assert len(set(languages)) == len(languages)
        assert task in find.suite(suite).tasks


def test_xtremes_languages_are_40():
    assert len({language for target in _targets("xtreme").values() for language in _languages(target)}) == 40


def test_a_task_of_two_suites_is_evaluated_in_the_languages_of_both():
    assert _targets("xtreme")["xquad"].languages == find.suite("xtreme").languages["xquad"]
    for suites in (("xtreme", "xtreme_r"), ("xtreme_r", "xtreme")):
        assert _targets(*suites)["xquad"].languages == "all"


def test_a_tasks_own_entry_wins_over_the_languages_of_a_suite():
    own = "{task: xquad, languages: [ro]}"
    for entries in (("xtreme", own), (own, "xtreme")):
        assert _targets(*entries)["xquad"].languages == ("ro",)
