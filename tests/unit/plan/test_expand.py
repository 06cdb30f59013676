"""A sweep becomes a study: baselines, sharing, what is held, controls, and sentences for what cannot be."""

import pytest

from harness.plan.dag import plan
from harness.plan.sweeps.chain import parse_chain
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml
from harness.spec.model import Scratch
from harness.spec.phase import Train, lineage, origin

TEXT = """
name: made
models: [xlm_r/base]
intermediate: [anli, squad_v2>anli]
epochs: [1, 3]
batch_size: [16, 64]
hold: epochs
targets: [udpos, {task: xquad, train: [squad_v2]}]
seeds: [1, 2]
"""
NOTHING = DataAccess(lambda task, split: (), lambda data: data, lambda data, evaluated: ())


def _study(*changes: tuple[str, str], text: str = TEXT) -> Study:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    sweep = from_yaml(Sweep, text, "made.yaml")
    return expand(sweep, Datasets(NOTHING, targets_of(sweep)))


def _intermediate(study: Study) -> list[Train]:
    return [phase for phase in plan(study.leaves) if isinstance(phase, Train) and phase.role == "intermediate"]


def test_points_are_the_axes_and_a_baseline_a_seed() -> None:
    study = _study()
    assert len(study.points) == 2 + 2 * 2 * 2 * 2
    assert sum(point.at.is_baseline for point in study.points) == 2
    assert len({point.at for point in study.points}) == len(study.points)
    assert len({point.at.label for point in study.points}) == len(study.points)


def test_intermediate_stages_are_shared_between_targets_and_chains_share_their_beginnings() -> None:
    study = _study(("seeds: [1, 2]", "seeds: 1"))
    assert len(_intermediate(study)) == 2 * 2 * (1 + 2)  # anli; squad_v2 and anli after it
    longer = _study(("[anli, squad_v2>anli]", "[squad_v2, squad_v2>anli]"), ("seeds: [1, 2]", "seeds: 1"))
    assert len(_intermediate(longer)) == 2 * 2 * 2


def test_seeds_in_a_mapping_are_crossed() -> None:
    study = _study(("seeds: [1, 2]", "seeds: {intermediate: [1, 2], target: [1, 2, 3]}"))
    assert len(study.points) == 3 + 2 * 2 * 2 * 6


def test_axes_apply_to_intermediate_stages_only() -> None:
    phases = [phase for phase in plan(_study().leaves) if isinstance(phase, Train)]
    assert {p.recipe.batch_size for p in phases if p.role == "intermediate"} == {16, 64}
    assert {p.recipe.batch_size for p in phases if p.role == "target"} == {32}
    assert {p.recipe.learning_rate for p in phases if p.role == "target"} == {2e-5, 3e-5}


@pytest.mark.parametrize(
    ("axis", "hold", "counted_at"),
    [
        ("epochs: [1, 3]", "epochs", None),
        ("epochs: [1, 3]", "flops", None),
        ("epochs: [1, 3]", "steps", 16),
        ("steps: [100, 300]", "steps", None),
        ("steps: [100, 300]", "epochs", 16),
        ("flops: [1e15]", "flops", None),
    ],
)
def test_what_is_held_over_batch_sizes(axis: str, hold: str, counted_at: int | None) -> None:
    stages = _intermediate(_study(("epochs: [1, 3]", axis), ("hold: epochs", f"hold: {hold}")))
    assert {s.recipe.duration.at_batch_size for s in stages if s.recipe.batch_size == 64} == {counted_at}
    assert {s.recipe.duration.at_batch_size for s in stages if s.recipe.batch_size == 16} == {None}


@pytest.mark.parametrize(("rule", "factor"), [("fixed", 1.0), ("sqrt", 2.0), ("linear", 4.0)])
def test_the_learning_rate_follows_the_batch_by_its_rule(rule: str, factor: float) -> None:
    stages = _intermediate(_study(("hold: epochs", f"hold: epochs\nlearning_rate: {{rule: {rule}}}")))
    rates = {s.data[0].task: {s.recipe.batch_size: s.recipe.learning_rate} for s in stages}
    for task in rates:
        by_batch = {s.recipe.batch_size: s.recipe.learning_rate for s in stages if s.data[0].task == task}
        assert by_batch[64] == pytest.approx(factor * by_batch[16])


def test_controls_stand_beside_every_point() -> None:
    study = _study(("seeds: [1, 2]", "seeds: 1\ncontrols: [target_more, mlm_en, shuffled_labels]"))
    controlled = [point for point in study.points if point.at.control]
    assert len(controlled) == 3 * 8
    for point in controlled:
        stages = [phase for phase in lineage(point.leaves[0]) if phase.role == "intermediate"]
        if point.at.control == "shuffled_labels":
            assert all(data.shuffled_labels for stage in stages for data in stage.data)
        else:
            assert [stage.recipe.duration.unit for stage in stages] == ["match"]
            assert stages[0].recipe.batch_size == point.at.batch_size
            assert stages[0].matches is not None


RAW = "{name: raw, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90}, text: [{task: toy_text}]}"
PRETRAINED = """{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90},
  text: [{task: toy_text}], pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}
"""
RANDOM = """
name: random
models: [MODELS]
intermediate: [toy_qa]
epochs: [1, 2]
batch_size: 16
controls: [no_pretraining, shuffled_labels]
targets: [{task: toy_senses, languages: [en]}, {task: toy_retrieval, languages: [ha]}]
seeds: {pretrain: [0, 7], intermediate: [1, 2], target: [3, 4]}
"""


def test_without_pretraining_is_one_point_a_pretraining_and_target_seed() -> None:
    study = _study(("MODELS", PRETRAINED), text=RANDOM)
    found = [point for point in study.points if point.at.control == "no_pretraining"]
    assert [(point.at.pretrain_seed, point.at.target_seed) for point in found] == [(0, 3), (0, 4), (7, 3), (7, 4)]
    assert not any(point.at.is_baseline or point.at.on_axes for point in found)
    assert all(point.at.baseline in {other.at for other in study.points} for point in found)
    assert found[0].at.label == "toy · none · no_pretraining · seeds 0/3"
    for point in found:
        tagging, retrieval = point.leaves
        assert [phase.role for phase in lineage(tagging)] == ["target"]
        assert isinstance(retrieval.of, Scratch)
        assert origin(tagging) == retrieval.of
        assert retrieval.of.seed == point.at.pretrain_seed


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("xlm_r/base", "the model is published with its weights"),
        (RAW, "the model is not pretrained here"),
    ],
)
def test_a_model_not_pretrained_here_has_no_such_control(model: str, reason: str) -> None:
    study = _study(("MODELS", f"{model}, {PRETRAINED}"), ("pretrain: [0, 7], ", ""), text=RANDOM)
    found = [point for point in study.points if point.at.control == "no_pretraining"]
    assert [bool(point.leaves) for point in found] == [False, False, True, True]
    assert [task for task, why in found[0].absent if why.startswith(reason)] == ["toy_senses", "toy_retrieval"]


@pytest.mark.parametrize("models", ["xlm_r/base", RAW, f"xlm_r/base, {RAW}"])
def test_a_control_that_no_model_can_have_is_refused(models: str) -> None:
    with pytest.raises(HarnessError, match="controls: no_pretraining needs a model that is pretrained here"):
        _study(("MODELS", models), ("pretrain: [0, 7], ", ""), text=RANDOM)


def test_targets_trained_on_an_intermediate_tasks_corpus_are_flagged() -> None:
    flags = {point.at.intermediate: point.same_source for point in _study().points}
    assert flags == {"none": (), "anli": (), "squad_v2>anli": ("xquad",)}


def test_the_sweep_file_wins_over_the_defaults() -> None:
    study = _study(
        ("seeds: [1, 2]", "seeds: 1\nrecipe: {target: {udpos: {learning_rate: 5e-5, window: {max_length: 64}}}}")
    )
    recipe = next(p.recipe for p in plan(study.leaves) if isinstance(p, Train) and p.data[0].task == "udpos")
    assert (recipe.learning_rate, recipe.window.max_length) == (5e-5, 64)
    assert recipe.duration.amount == 10  # still the task's


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[anli, squad_v2>anli]", "[anly]", "did you mean 'anli'"),
        ("[anli, squad_v2>anli]", "[anli>>mnli]", "a stage is empty"),
        ("[anli, squad_v2>anli]", "[anli+anli]", "occurs twice"),
        ("xlm_r/base", "xlm_r/bas", "did you mean 'xlm_r/base'"),
        ("xlm_r/base", "xlm_r/tiny", "has no published weights"),
        ("{task: xquad, train: [squad_v2]}", "{task: xquad, languages: [en, xx]}", "has no language 'xx'"),
        ("{task: xquad, train: [squad_v2]}", "{task: xquad, train: []}", "needs a task that trains its head"),
        ("seeds: [1, 2]", "recipe: {target: {xnli: {clip: 1.0}}}", "no such target"),
        ("seeds: [1, 2]", "recipe: {target: {udpos: {clipp: 1.0}}}", "did you mean 'clip'"),
        ("seeds: [1, 2]", "recipe: {intermediate: {batch_size: 3}}", "is set by the axes"),
        ("seeds: [1, 2]", "recipe: {target: {udpos: {seed: 3}}}", "'seed' is set by the axes and seeds"),
        ("seeds: [1, 2]", "recipe: {intermediate: {window: 128}}", "'window' is 128, but it should be a mapping"),
        ("seeds: [1, 2]", "recipe: {intermediate: {window: {max_length: 1024}}}", "the model has 512 positions"),
        ("seeds: [1, 2]", "seeds: {pretrain: [0, 1]}", "is published, so it has no pretraining seeds"),
        ("seeds: [1, 2]", "seeds: [1, 1]", "'seeds.intermediate' names a value twice"),
        ("seeds: [1, 2]", "learning_rate: {rule: sqrt, grid: [1e-5]}", "give a rule or a grid"),
        ("[udpos,", "[udpos, {task: udpos, languages: [en]},", "'targets' names a value twice"),
        ("[udpos,", "[{task: udpos, languages: []},", r"is \[\], but it should be"),
        ("[udpos,", "[{task: udpos, train: [anli]},", "cannot be answered by the head of 'anli'"),
        ("[anli, squad_v2>anli]", "[tatoeba]", "has no labels to train on"),
        ("[udpos,", "[{task: bucc2018, limit: 9},", "'bucc2018': `limit` cannot keep a sentence with its translation"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(old: str, new: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence) as raised:
        _study((old, new))
    assert "\n" not in str(raised.value)


def test_a_chain_is_stages_of_tasks() -> None:
    assert parse_chain("mnli+squad_v2 > hellaswag") == (("mnli", "squad_v2"), ("hellaswag",))
