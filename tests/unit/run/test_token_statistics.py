"""Token statistics on the control side: found under the tokenizer of a model, and what estimates make of them."""

import dataclasses
from pathlib import Path

import pytest

from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.files.lengths import Lengths, Reader, lengths_file, write_lengths
from harness.files.mirror import Manifest, Mirrored, model_folder, write_manifest
from harness.run.bill.budgets import budgets, check_budgets
from harness.run.bill.estimate import estimate
from harness.run.bill.token_statistics import measured
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.model import Architecture, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import Evaluate, Train, lineage
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.record import Cost, Record
from harness.spec.task import Data, Part

SMALL = Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128)
LARGE = dataclasses.replace(SMALL, layers=4, hidden=128)
DECODER = dataclasses.replace(SMALL, family="qwen3", kv_heads=2, gated=True, bidirectional=False)
WORDS = TrainTokenizer("words", 1000, (Data("toy_text", 1, "mlm", "train", (Part("en", "a" * 64),)),))
PAIRS = Data("mnli", 1, "pair", "train", (Part("en", "b" * 64),), ("a", "b", "c"))
RECIPE = Recipe(Duration("epochs", 1.0), 10, 1e-3, seed=0, window=Window(100))
LENGTHS = Lengths(400, ((20, 300), (60, 100)), ((20, 300), (60, 100)))
DIGEST = "c" * 64


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A run folder with the tokenizer's record, and the lengths of PAIRS under it."""
    outputs = {"weights/tokenizer.json": DIGEST}
    record = Record(identity(WORDS), "tokenizer-words", Cost(), outputs, "", "2026-01-01T00:00:00+00:00", "exact")
    write_json(folder_of(tmp_path, WORDS).record_file, record)
    write_lengths(lengths_file(tmp_path, PAIRS, Reader(DIGEST, False), RECIPE.window), LENGTHS)
    return tmp_path


def train(model: Architecture = SMALL, data: Data = PAIRS, recipe: Recipe = RECIPE) -> Train:
    return Train(Scratch(model, WORDS, 0), (data,), recipe, "intermediate")


def test_every_size_with_the_same_tokenizer_shares_them(runs: Path) -> None:
    found = measured(None, runs)
    assert [found(train(model), PAIRS) for model in (SMALL, LARGE)] == [LENGTHS, LENGTHS]


def test_another_window_or_set_or_way_of_reading_has_its_own(runs: Path) -> None:
    found = measured(None, runs)
    longer = train(recipe=dataclasses.replace(RECIPE, window=Window(128)))
    absent = dataclasses.replace(PAIRS, parts=(Part("en"),))
    others = [
        (longer, PAIRS),
        (train(DECODER), PAIRS),
        (train(), dataclasses.replace(PAIRS, limit=5)),
        (train(), absent),
    ]
    assert [found(phase, data) for phase, data in others] == [None] * 4


def test_a_mirrored_model_is_known_by_its_tokenizers_digest(runs: Path, tmp_path: Path) -> None:
    model = Pretrained("made/model", "0" * 40, SMALL)
    phase = Train(model, (PAIRS,), RECIPE, "intermediate")
    assert measured(tmp_path, runs)(phase, PAIRS) is None
    mirror = Manifest(model.hub_id, model.revision, {"tokenizer.json": Mirrored(DIGEST, 7)})
    write_manifest(tmp_path / model_folder(model.hub_id, model.revision), mirror)
    assert measured(tmp_path, runs)(phase, PAIRS) == LENGTHS


def test_measured_lengths_cost_less_than_full_windows_and_say_so(runs: Path) -> None:
    full, real = (estimate(train(), lambda data: 400, *statistics) for statistics in ((), (measured(None, runs),)))
    assert full and real
    assert (full.measured, real.measured) == (False, True)
    assert (full.cost.real_tokens, real.cost.real_tokens) == (400 * 100, 300 * 20 + 100 * 60)
    assert real.cost.model < 0.31 * full.cost.model
    assert real.cost.real_tokens <= real.cost.padded_tokens < full.cost.padded_tokens
    assert (full.cost.steps, real.cost.steps, full.unique, real.unique) == (40, 40, 400, 400)


def test_a_damaged_file_is_named(runs: Path) -> None:
    file = lengths_file(runs, PAIRS, Reader(DIGEST, False), RECIPE.window)
    file.write_text('{"positions": 3}')
    with pytest.raises(HarnessError, match=rf"{file.name}: 'sequences' is missing"):
        measured(None, runs)(train(), PAIRS)


def budgeted(amount: float, model: Architecture = SMALL) -> Train:
    return train(model, recipe=dataclasses.replace(RECIPE, duration=Duration("flops", amount)))


def test_a_budget_that_full_windows_leave_open_is_refused_once_lengths_are_known(runs: Path) -> None:
    """Unmeasured, every text might be a single token."""
    low = budgeted(5e7)
    check_budgets([low], lambda data: 400, lambda phase, data: None)
    said = r"^intermediate-mnli: a budget of 5e\+07 FLOPs is below one step: with batch size 10 on mnli the cheapest"
    with pytest.raises(HarnessError, match=said):
        check_budgets([low], lambda data: 400, measured(None, runs))
    with pytest.raises(HarnessError, match="a budget of 10 FLOPs is below one step"):
        check_budgets([budgeted(10.0)], lambda data: None, lambda phase, data: None)


def test_an_iso_flop_sweep_shows_what_each_model_buys(make: object, runs: Path) -> None:
    text = """
name: iso
models: [xlm_r/base, xlm_r/large]
intermediate: [mnli]
flops: [1e16, 1e17]
batch_size: [16, 32]
hold: flops
targets: [{task: udpos, languages: [de]}]
seeds: [1, 2]
"""
    study = make.study(text)  # type: ignore[attr-defined]
    found = budgets(study, lambda data: 100_000, lambda phase, data: None)
    assert [(each.model, each.budget, each.batch_size) for each in found] == [
        (model, budget, batch)
        for model in ("xlm_r/base", "xlm_r/large")
        for budget in (1e16, 1e17)
        for batch in (16, 32)
    ]
    for each in found:
        assert 0.99 * each.budget < each.spent <= each.budget
        assert each.unique == min(each.examples, 100_000)
        assert each.steps * each.batch_size == pytest.approx(each.examples, rel=1e-3)
    base, large = (next(each for each in found if each.model == model and each.budget == 1e17) for model in MODELS)
    assert 3 < base.examples / large.examples < 3.8 and base.repeats and base.repeats > 10
    stages = {stage for leaf in study.leaves for stage in lineage(leaf) if stage.role == "intermediate"}
    assert len(stages) == 16 and all(isinstance(leaf, Evaluate) for leaf in study.leaves)


MODELS = ("xlm_r/base", "xlm_r/large")
