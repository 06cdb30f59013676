"""What a stage's recipe is made of: mixtures, targets of another format, one chain, one model, no axes at all."""

from dataclasses import replace

import pytest

from harness.catalog import find
from harness.plan.dag import plan
from harness.plan.sweeps.datasets import Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.model_specs import ImportedSpec
from harness.plan.sweeps.roots import catalogued
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.model import CatalogModel, Imported
from harness.spec.phase import Evaluate, lineage
from tests.unit.plan.studies import NOTHING, TEXT, point_on_axes, stages_of, study_of


def test_mixing_is_said_for_mixtures_alone() -> None:
    rule = "recipe: {intermediate: {mixing: {rule: weights, weights: {anli: 3, mlm: 1, squad_v2: 2}}}}"
    study = study_of("anli, anli+mlm, squad_v2+anli", TEXT, rule)
    found = {point.at.intermediate: stages_of(point)[0].recipe.mixing for point in study.points if point.at.on_axes}
    assert found["anli"] is None
    assert [(each.task, each.weight) for each in found["anli+mlm"].weights] == [("anli", 3), ("mlm", 1)]  # type: ignore[union-attr]
    plain = study_of("anli")
    assert identity(stages_of(point_on_axes(plain))[0]) in {identity(phase) for phase in plan(study.leaves)}


def test_negatives_are_reached_from_the_sweep() -> None:
    recipe = "recipe: {target: {lareqa: {negatives: 8}}}"
    study = study_of("anli", recipe, targets="[lareqa]")
    leaf = study.points[0].leaves[0]
    assert isinstance(leaf, Evaluate)
    assert leaf.layer is None
    assert next(lineage(leaf)).recipe.negatives == 8


def test_a_mixture_keeps_the_negatives_of_its_retrieval_tasks() -> None:
    study = study_of("lareqa, mnli, lareqa+mnli, lareqa+mewslix")
    found = {point.at.intermediate: stages_of(point)[0].recipe.negatives for point in study.points if point.at.on_axes}
    assert found == {"lareqa": 4, "mnli": None, "lareqa+mnli": 4, "lareqa+mewslix": 4}


@pytest.mark.parametrize(("said", "precision"), [("", "fp32"), (", target: {tatoeba_raw: {precision: bf16}}", "bf16")])
def test_without_training_of_its_own_a_target_is_evaluated_alike_after_whatever_stage(
    said: str, precision: str
) -> None:
    study = study_of("anli", f"recipe: {{intermediate: {{precision: bf16}}{said}}}", targets="[tatoeba_raw]")
    found = {point.at.is_baseline: point.leaves[0] for point in study.points}
    assert stages_of(point_on_axes(study))[0].recipe.precision == "bf16"
    assert {leaf.precision for leaf in found.values()} == {precision}
    assert set(found) == {True, False}


def test_with_training_of_its_own_a_target_is_evaluated_as_that_was_trained() -> None:
    study = study_of("anli", "recipe: {intermediate: {precision: bf16}}", targets="[udpos]")
    assert {leaf.precision for leaf in study.leaves} == {"fp32"}
    study = study_of("anli", "recipe: {target: {udpos: {precision: bf16}}}", targets="[udpos]")
    assert {leaf.precision for leaf in study.leaves} == {"bf16"}


@pytest.mark.parametrize(("size", "own", "intermediate"), [("base", 2e-5, 2e-5), ("large", 3e-5, 1e-5)])
def test_targets_train_by_xtremes_recipe_and_stages_in_between_by_the_models_rate(
    size: str, own: float, intermediate: float
) -> None:
    study = study_of("mnli", model=f"xlm_r/{size}", targets="[xnli, xcopa, pawsx, udpos, panx, xquad]")
    point = point_on_axes(study)
    found = {
        leaf.data.task: [
            (recipe.learning_rate, recipe.warmup, recipe.weight_decay)
            for recipe in (phase.recipe for phase in lineage(leaf) if phase.role == "target")
        ]
        for leaf in point.leaves
    }
    assert found == {
        "xnli": [(own, 0.0, 0.0)],
        "xcopa": [(own, 0.0, 0.0)] * 2,
        **{task: [(2e-5, 0.0, 0.0)] for task in ("pawsx", "udpos", "panx")},
        "xquad": [(3e-5, 0.06, 1e-4)],
    }
    assert stages_of(point)[0].recipe.learning_rate == intermediate


def test_an_imported_model_has_the_defaults_of_its_architecture() -> None:
    model = find.model("xlm_r/large")
    access = replace(NOTHING, imported=lambda digest: Imported("a" * 64, model.architecture))
    found = catalogued(ImportedSpec("mine", "a" * 8), Datasets(access, ()))
    assert found == CatalogModel("mine", model.architecture, recipe=model.recipe, target_recipe=model.target_recipe)
    made = replace(model.architecture, layers=5)
    unknown = replace(NOTHING, imported=lambda digest: Imported("a" * 64, made))
    assert catalogued(ImportedSpec("mine", "a" * 8), Datasets(unknown, ())) == CatalogModel("mine", made)


def test_retrieval_after_another_tasks_training_trains_as_that_task_does() -> None:
    study = study_of("anli", targets="[{task: tatoeba, train: [squad]}, xquad]")
    retrieval, spans = study.points[0].leaves
    assert identity(next(lineage(retrieval))) == identity(next(lineage(spans)))
    assert (next(lineage(retrieval)).recipe.window.max_length, retrieval.window.max_length) == (384, 512)
    assert retrieval.layer == 7


def test_what_the_sweep_says_of_a_target_counts_for_all_of_itsstages_of() -> None:
    own = "recipe: {target: {tatoeba: {window: {max_length: 64}, learning_rate: 5e-5}}}"
    leaf = study_of("anli", own, targets="[{task: tatoeba, train: [squad]}]").points[0].leaves[0]
    trained = next(lineage(leaf)).recipe
    assert (trained.window.max_length, leaf.window.max_length, trained.learning_rate) == (64, 64, 5e-5)


def test_recipes_of_one_model_win() -> None:
    changes = (
        "recipe: {target: {udpos: {learning_rate: 4e-5, clip: 2.0}}, by_model: {xlm_r/large: "
        "{intermediate: {learning_rate: 7e-6}, target: {udpos: {learning_rate: 3e-5}}}}}"
    )
    study = study_of("anli", changes, model="xlm_r/base, xlm_r/large")
    found = {
        point.at.model: [phase.recipe for phase in lineage(point.leaves[0])]
        for point in study.points
        if point.at.on_axes
    }
    assert [(r.learning_rate, r.clip) for r in found["xlm_r/base"]] == [(4e-5, 2.0), (2e-5, 1.0)]
    assert [(r.learning_rate, r.clip) for r in found["xlm_r/large"]] == [(3e-5, 2.0), (7e-6, 1.0)]


def test_recipes_of_one_chain_win_there() -> None:
    study = study_of(
        "anli, squad_v2+anli", "recipe: {intermediate: {clip: 2.0}, by_chain: {squad_v2+anli: {examples_cap: 9}}}"
    )
    found = {point.at.intermediate: stages_of(point)[0].recipe for point in study.points if point.at.on_axes}
    assert [(r.clip, r.examples_cap) for r in found.values()] == [(2.0, None), (2.0, 9)]


def test_a_sweep_of_baselines_needs_no_axes() -> None:
    sweep = from_yaml(Sweep, "name: made\nmodels: [xlm_r/base]\nintermediate: none\ntargets: udpos\n", "made.yaml")
    study = expand(sweep, Datasets(NOTHING, targets_of(sweep)))
    assert [point.at.is_baseline for point in study.points] == [True]
