"""The estimate of mixtures, masked text and shared pools."""

from dataclasses import replace

import pytest

from harness.plan.network.flops import READING, Batch, batch_cost
from harness.run.bill.estimate import model_flops
from harness.run.bill.rows import counted
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, Mixing, Recipe, Window
from harness.spec.task import Data, Part

MODEL = Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128)
START = Pretrained("made/model", "0" * 40, MODEL)
RECIPE = Recipe(Duration("epochs", 1.0), 10, 1e-3, seed=0, window=Window(100))
PAIRS = Data("xnli", 1, "pair", "train", (Part("en"),), ("a", "b", "c"))
TEXT = Data("mlm", 1, "mlm", "train", text=(Data("text", 1, "mlm", "train", (Part("de"),)),))
ENCODED = batch_cost(MODEL, {}, Batch(1, (100,), 100, None, 0, 0), READING).model
PAIR = ENCODED + 2 * 64 * 64 + 2 * 64 * 3
MASKED = ENCODED + 15 * (2 * 64 * 64 + 2 * 64 * 1000)  # 15 of 100 positions meet the vocabulary


def _rows(data: Data) -> int:
    return {"xnli": 400, "mlm": 200}.get(data.task, 30)


def _flops(recipe: Recipe, *data: Data) -> int | None:
    return model_flops(Train(START, data, recipe, "intermediate"), _rows)


def test_only_masked_positions_meet_the_vocabulary() -> None:
    assert _flops(RECIPE, TEXT) == 3 * 200 * MASKED


def test_a_mixture_costs_each_tasks_steps_at_its_own_price() -> None:
    assert _flops(RECIPE, TEXT, PAIRS) == 3 * (200 * MASKED + 400 * PAIR)
    even = replace(RECIPE, mixing=Mixing("uniform"))
    assert _flops(even, TEXT, PAIRS) == 3 * (300 * MASKED + 300 * PAIR)


@pytest.mark.parametrize("unit", ["epochs", "steps"])
def test_a_stage_without_a_row_is_refused_and_one_empty_set_of_several_is_not(unit: str) -> None:
    stage = Train(START, (PAIRS,), replace(RECIPE, duration=Duration(unit, 2.0)), "intermediate")  # type: ignore[arg-type]
    with pytest.raises(HarnessError, match=r"^xnli: no rows to train on"):
        model_flops(stage, lambda data: 0)
    both = replace(stage, data=(PAIRS, TEXT))
    assert model_flops(both, lambda data: 400 if data == PAIRS else 0) == model_flops(stage, lambda data: 400)


def test_shared_candidates_are_encoded_once_with_all_queries(tmp_path: object) -> None:
    queries = Data("lareqa", 1, "retrieval", "test", (Part("de"),))
    pool = replace(queries, split="candidates")
    leaf = Evaluate(START, queries, Window(100), layer=1, pool=pool)
    assert model_flops(leaf, lambda data: 7 if data == pool else 30) == 37 * ENCODED // 2


@pytest.mark.parametrize(("limit", "rows"), [(None, 392_702), (500, 500)])
def test_rows_that_are_not_at_hand_count_as_published_up_to_the_limit(
    tmp_path_factory: pytest.TempPathFactory, limit: int | None, rows: int
) -> None:
    known = counted(None, tmp_path_factory.mktemp("runs"))
    assert known(replace(PAIRS, limit=limit)) == rows
    assert known(TEXT) is None
