"""Published values: what is measured beside them, over seeds, and what is missing."""

import io
from typing import Any

import pytest
from rich.console import Console

from harness.analysis.report.report import closing, write
from harness.analysis.tables.expected import expected_tables, measured
from harness.analysis.values import Missing
from harness.plan.sweeps.checks import MEANS
from harness.spec.errors import HarnessError
from harness.spec.record import LanguageScore

SWEEP = """
name: made
models: [xlm_r/base]
intermediate: none
targets: [{task: udpos, languages: [en, af]}, {task: xquad, train: [squad_v2], languages: [en, de]}]
seeds: [1, 3]
expected:
  - {model: xlm_r/base, measure: udpos/score, value: 60.0, tolerance: 2.0, source: the paper}
  - {model: xlm_r/base, measure: udpos/af, value: 65.0, tolerance: 1.0, source: the paper}
  - {model: xlm_r/base, measure: xtreme/score, value: 68.1, tolerance: 1.0, source: another}
"""


def test_the_mean_over_seeds_stands_beside_what_was_published(make: Any) -> None:
    (table,) = expected_tables(make.answer(make.study(SWEEP)))
    first, second, third = table.sections[0]
    assert first[4:] == ("60.2", "60", "+0.2", "2", "yes")
    assert second[4:] == ("60.2", "65", "-4.8", "1", "no")
    assert third[4:] == ("missing", "68.1", "missing", "1", "")


def test_question_answering_may_count_by_f1_alone(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study)
    values = {"score": 50.0, "exact_match": 30.0, "f1": 70.0}
    for key, scores in results.scored.items():
        if scores.task == "xquad":
            both = {lang: LanguageScore(values, 5.0, 100) for lang in scores.languages}
            object.__setattr__(results.scored[key], "languages", both)
    point = make.answer(study, results).points[0]
    assert measured(point, "xquad/score") == 50.0
    assert measured(point, "xquad/score_f1") == 70.0
    assert measured(point, "udpos/score_f1") == measured(point, "udpos/score")


TOY = """
name: made
models: [xlm_r/base]
intermediate: none
targets: [toy, LIMIT]
"""


@pytest.mark.parametrize("target", ["udpos", "{task: toy_qa, limit: 5}", "{task: toy_qa, languages: [en, ha]}"])
def test_a_suite_is_measured_on_its_own_tasks_and_whole_sets(make: Any, target: str) -> None:
    point = make.answer(make.study(TOY.replace("LIMIT", target))).points[0]
    found = measured(point, "toy/score")
    if target == "udpos":
        toys = [value for task, value in point.tasks.items() if task != "udpos"]
        assert found == pytest.approx(sum(toys) / len(toys))
    else:
        assert isinstance(found, Missing)
        assert "'toy_qa' is not evaluated on its whole test set" in found.reason


def test_every_mean_that_mlflow_shows_can_be_expected(make: Any) -> None:
    asked = "[{task: udpos, languages: [en, af, de, wo]}, {task: xquad, languages: [en, de]}, toy_retrieval]"
    study = make.study(TOY.replace("none", "[anli]\nepochs: 1\nbatch_size: 8").replace("[toy, LIMIT]", asked))
    answer = make.answer(study)
    gain = answer.gains[0]
    assert {"score_f1", "score_without_retrieval", "low", "unseen", "en"} <= gain.point.aggregates.keys()
    for owner, own in (("targets", gain.point.aggregates), ("gain", gain.aggregates)):
        for name, value in own.items():
            assert measured(gain.point, f"{owner}/{name}", gain) == value
            assert name in MEANS
    assert isinstance(measured(gain.baseline, "gain/low"), Missing)
    whole = make.answer(make.study(TOY.replace("LIMIT", "xtreme"))).points[0]
    for name, value in whole.suites["xtreme"].items():
        assert measured(whole, f"xtreme/{name}") == value
        assert make.study(SWEEP.replace("xtreme/score", f"xtreme/{name}"))


def test_the_report_of_baselines_alone_tells_them(make: Any, tmp_path: Any) -> None:
    answer = make.answer(make.study(SWEEP))
    assert "| udpos/score | xlm_r/base | none | the paper |" in write(answer, tmp_path).markdown.read_text()
    console = Console(file=io.StringIO(), width=160)
    console.print(closing(answer))
    assert "Published values" in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("udpos/score", "udpo/score", "expected: 'udpo' is neither a target nor a suite; did you mean 'udpos'"),
        ("udpos/score", "udpos/scor", "expected: 'udpos' has no measure 'scor'; did you mean 'score'"),
        ("source: another", "source: another, intermediate: anli", "'anli' is not under `intermediate`"),
        ("udpos/score", "udpos", "'expected.0.measure' is \"udpos\", but"),
    ],
)
def test_values_of_what_the_sweep_cannot_have_are_refused(make: Any, old: str, new: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        make.study(SWEEP.replace(old, new))
