"""Chains with masked text and other languages in them, their mixtures and their controls."""

from dataclasses import replace

import pytest

from harness.plan.sweeps.chain import language_of, parse_chain, task_of
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import Train, lineage, masked_head, parents, slug
from harness.spec.task import Data
from tests.unit.plan.studies import SCRATCH, TEXT, point_on_axes, stages_of, study_of


def test_text_is_replayed_beside_a_task_or_is_a_stage_of_its_own() -> None:
    (mixed,) = stages_of(point_on_axes(study_of("anli+mlm", TEXT)))
    assert [data.name for data in mixed.data] == ["anli", "mlm"]
    assert mixed.data[1].text[0].languages == ("de", "sw")
    first, second = stages_of(point_on_axes(study_of("mlm>anli", TEXT)))
    assert [data.task for stage in (first, second) for data in stage.data] == ["mlm", "anli"]
    assert (second.start, slug(mixed)) == (first, "intermediate-anli+mlm")


def test_a_scratch_model_replays_what_it_was_pretrained_on_unless_text_is_given() -> None:
    pretrained = next(lineage(study_of("mlm", model=SCRATCH).points[0].leaves[0].of)).start  # type: ignore[arg-type]
    assert isinstance(pretrained, Train)
    (own,) = stages_of(point_on_axes(study_of("mlm", model=SCRATCH)))
    assert own.data[0].text == pretrained.data[0].text
    (given,) = stages_of(point_on_axes(study_of("mlm", TEXT, model=SCRATCH)))
    assert {text.task for text in given.data[0].text} == {"text"}


def test_replayed_text_is_free_of_what_is_evaluated_and_keeps_the_limit() -> None:
    asked: list[Data] = []

    def held_out(data: Data, evaluated: object) -> tuple[str, ...]:
        asked.append(data)
        return ("0" * 12,)

    sweep = from_yaml(
        Sweep,
        f"name: made\nmodels: [xlm_r/base]\nintermediate: [mlm]\nepochs: 1\nbatch_size: 8\ntargets: toy_qa\n"
        f"intermediate_limit: 50\n{TEXT.replace('text, languages: [de, sw]', 'toy_text')}",
        "made.yaml",
    )
    access = DataAccess(lambda task, split: (), _pinned, held_out)
    (stage,) = stages_of(point_on_axes(expand(sweep, Datasets(access, targets_of(sweep)))))
    assert [data.held_out for data in stage.data[0].text] == [("0" * 12,)]
    assert stage.data[0].limit == 50
    assert "toy_text" in {data.task for data in asked}


def _pinned(data: Data) -> Data:
    return replace(data, parts=tuple(replace(part, digest="a" * 64) for part in data.parts))


def test_the_masked_head_of_an_earlier_stage_is_read_again() -> None:
    first, between, last = stages_of(point_on_axes(study_of("mlm>anli>squad_v2+mlm", TEXT)))
    assert masked_head(last.start) == first
    assert set(parents(last)) == {between, first}
    assert parents(between) == (first,)
    (only,) = stages_of(point_on_axes(study_of("anli+mlm", TEXT)))
    assert parents(only) == ()  # a published model's head comes from the hub


def test_a_task_in_another_language_is_a_set_of_its_own() -> None:
    (stage,) = stages_of(point_on_axes(study_of("xnli+xnli@de")))
    assert [(data.name, data.languages) for data in stage.data] == [("xnli", ("en",)), ("xnli@de", ("de",))]
    (english,), (german,) = (stages_of(point_on_axes(study_of(chain))) for chain in ("xnli", "xnli@de"))
    assert identity(english) != identity(german)
    assert identity(english) == identity(stages_of(point_on_axes(study_of("xnli@en")))[0])
    assert slug(german) == "intermediate-xnli@de"


def test_a_target_may_be_trained_in_another_language() -> None:
    study = study_of("anli", targets="[{task: udpos, train: [udpos@de]}]")
    assert next(lineage(study.points[0].leaves[0])).data[0].languages == ("de",)
    flagged = study_of("udpos@af", targets="[{task: udpos, train: [udpos@de]}]")
    assert point_on_axes(flagged).same_source == ("udpos",)


@pytest.mark.parametrize("chain", ["xnli@de", "xnli+xnli@de>anli"])
def test_controls_keep_the_language(chain: str) -> None:
    study = study_of(chain, "controls: [target_more, mlm_en, shuffled_labels]")
    more, masked, shuffled = (point_on_axes(study, control) for control in ("target_more", "mlm_en", "shuffled_labels"))
    assert stages_of(more)[0].matches == stages_of(point_on_axes(study))[-1]
    assert "de" in {language for text in stages_of(masked)[0].data[0].text for language in text.languages}
    assert all(data.shuffled_labels for stage in stages_of(shuffled) for data in stage.data)


def test_text_in_a_chain_is_neither_shuffled_nor_told_apart_by_mlm_en() -> None:
    study = study_of("anli+mlm", TEXT, "controls: [mlm_en, shuffled_labels]")
    (stage,) = stages_of(point_on_axes(study, "shuffled_labels"))
    assert [(data.task, data.shuffled_labels) for data in stage.data] == [("anli", True), ("mlm", None)]
    assert [text.task for text in stages_of(point_on_axes(study, "mlm_en"))[0].data[0].text] == ["anli"]


def test_controls_that_a_chain_cannot_have_are_absent_with_the_reason() -> None:
    study = study_of("mlm", TEXT, "controls: [target_more, mlm_en, shuffled_labels]")
    assert point_on_axes(study, "target_more").leaves
    for control, reason in (("mlm_en", "masked text already"), ("shuffled_labels", "no labels")):
        (absent,) = point_on_axes(study, control).absent
        assert absent[0] == "udpos"
        assert reason in absent[1]


@pytest.mark.parametrize(
    ("chain", "lines", "sentence"),
    [
        ("anli+mlm", "", "model 'xlm_r/base': was pretrained elsewhere, so `mlm` has no text here; name some"),
        ("xnli@xx", "", "'xnli@xx': task 'xnli' has no rows in 'xx'"),
        ("xnli@", "", "'xnli@' has no task or no language; write it as mnli@de"),
        ("xnli@de+xnli@de", "", "occurs twice"),
        ("xnli+xnli@en", "", "occurs twice"),
        ("toy_text", "", "task 'toy_text' is text without labels; write `mlm` in its place and name it under `text`"),
        (
            "anli+squad_v2",
            "recipe: {intermediate: {mixing: {rule: weights, weights: {anli: 1}}}}",
            "there is no weight for 'squad_v2'",
        ),
        (
            "anli+squad_v2",
            "recipe: {intermediate: {mixing: {rule: weights, weights: {anly: 1, squad_v2: 1}}}}",
            "'anly' has a weight, but is in no chain; did you mean 'anli'",
        ),
        ("anli", "recipe: {by_model: {xlm_r/larg: {}}}", "there is no model 'xlm_r/larg' in this sweep"),
        ("anli", "recipe: {by_chain: {anly: {}}}", "recipe.by_chain: 'anly' is not under `intermediate`"),
        (
            "anli",
            "expected: [{model: other, measure: xnli/score, value: 1, tolerance: 1, source: x}]",
            "expected.0.model: there is no model 'other' in this sweep; models: xlm_r/base",
        ),
    ],
)
def test_what_a_chain_cannot_be(chain: str, lines: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence) as raised:
        study_of(chain, lines)
    assert "\n" not in str(raised.value)


def test_axes_are_needed_as_soon_as_there_is_a_chain() -> None:
    text = "name: made\nmodels: [xlm_r/base]\nintermediate: [none, anli]\ntargets: udpos\n"
    with pytest.raises(HarnessError, match="'batch_size' is missing"):
        from_yaml(Sweep, text, "made.yaml")
    with pytest.raises(HarnessError, match="give exactly one of epochs, steps, flops; given: none"):
        from_yaml(Sweep, text + "batch_size: 8\n", "made.yaml")


def test_names_of_a_chain() -> None:
    assert parse_chain("mnli@de + mlm > squad") == (("mnli@de", "mlm"), ("squad",))
    assert (task_of("mnli@de"), language_of("mnli@de"), language_of("mnli")) == ("mnli", "de", "en")
