"""Token statistics: what is measured of a set prices its batches as they are booked when they are run."""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog.data import dataset, pin
from harness.files.lengths import read_lengths
from harness.plan.costs.budget import check_budget
from harness.plan.costs.duration import steps_within
from harness.plan.costs.estimates import of_evaluation, of_training
from harness.plan.costs.set_costs import Known
from harness.plan.network.flops import READING, TRAINING
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.record import Cost
from harness.spec.task import Data
from harness.worker.accounting import Accountant
from harness.worker.coder import Coder
from harness.worker.data import by_token_budget, dealt, global_batches, unique_examples
from harness.worker.library import Encoded, Library
from harness.worker.measuring import lengths_of, measure
from harness.worker.network import head_specs

MODEL = Architecture("xlm_r", 3, 64, 4, 4, 128, 500, 256)
WINDOW = Window(48, stride=16, max_query=12)
PLACE = Placement("cpu", 1, 0, "zero0", 4, 4, 1024, 60)
RECIPE = Recipe(Duration("epochs", 1.0), 16, 1e-3, seed=3, window=WINDOW, negatives=4)
TASKS = ("toy_nli", "toy_senses", "toy_choice", "toy_qa", "toy_retrieval")


def data_of(task: str) -> Data:
    split, language = ("test", "ha") if task == "toy_retrieval" else ("train", "en")
    return pin(dataset(task, split, (language,), limit=203), None)


def encoded(data: Data, coder: Coder) -> Encoded:
    return Library(None).encoded(data, coder, "t", WINDOW)


def known(each: Encoded) -> Known:
    return Known(each.data, lengths_of(each.features, each.format), measured=True)


def trained(sets: list[Encoded], recipe: Recipe, steps: int, coder: Coder) -> Cost:
    """What a stage books for these steps in micro-batches of PLACE."""
    data = tuple(each.data for each in sets)
    accountant = Accountant(MODEL, head_specs(data, MODEL), data)
    total = Cost(steps=steps)
    for batch in itertools.islice(global_batches(sets, recipe, coder), steps):
        grouped = len(batch.features) != batch.drawn
        for features in filter(None, dealt(batch.features, 1 if grouped else 4, len(batch.features))):
            total += accountant.cost(batch.task, features, TRAINING)
    return total


def stage(*data: Data, recipe: Recipe = RECIPE) -> Train:
    return Train(Pretrained("made/model", "0" * 40, MODEL), data, recipe, "intermediate")


@pytest.mark.parametrize("task", TASKS)
def test_an_epoch_is_priced_exactly_and_its_padding_closely(task: str, coder: Coder) -> None:
    own = encoded(data_of(task), coder)
    found = of_training(stage(own.data), [known(own)], math.inf, PLACE)
    real = trained([own], RECIPE, found.cost.steps, coder)
    for name in ("model", "six_nd", "real_tokens", "examples", "steps"):
        assert getattr(found.cost, name) == getattr(real, name), name
    assert found.cost.padded_tokens == pytest.approx(real.padded_tokens, rel=0.03)
    assert found.cost.hardware == pytest.approx(real.hardware, rel=0.03)
    assert (found.measured, found.unique) == (True, len(own.features))


def test_masked_text_is_priced_by_the_share_that_is_masked(coder: Coder) -> None:
    text = pin(Data("mlm", 1, "mlm", "train", text=(dataset("toy_text", "train", ("en", "ha"), limit=150),)), None)
    own = encoded(text, coder)
    found = of_training(stage(text), [known(own)], math.inf, PLACE)
    real = trained([own], RECIPE, found.cost.steps, coder)
    assert found.cost.real_tokens == real.real_tokens
    assert found.cost.model == pytest.approx(real.model, rel=0.01)


def test_a_mixture_over_parts_of_epochs_is_priced_as_it_costs_on_average(coder: Coder) -> None:
    sets = [encoded(data_of(task), coder) for task in ("toy_nli", "toy_senses")]
    recipe = dataclasses.replace(RECIPE, duration=Duration("epochs", 2.5))
    data = tuple(each.data for each in sets)
    found = of_training(stage(*data, recipe=recipe), [known(each) for each in sets], math.inf, PLACE)
    seeds = [dataclasses.replace(recipe, seed=seed) for seed in range(10)]
    real = sum((trained(sets, seed, found.cost.steps, coder) for seed in seeds), start=Cost())
    assert found.cost.model == pytest.approx(real.model / 10, rel=0.01)
    assert found.cost.hardware == pytest.approx(real.hardware / 10, rel=0.03)
    assert found.unique == sum(len(each.features) for each in sets)


@pytest.mark.parametrize("task", ["toy_nli", "toy_qa", "toy_choice"])
def test_a_budget_is_turned_into_about_the_steps_that_it_pays_for(task: str, coder: Coder) -> None:
    own = encoded(data_of(task), coder)
    epoch = of_training(stage(own.data), [known(own)], math.inf, PLACE).cost
    recipe = dataclasses.replace(RECIPE, duration=Duration("flops", 2.6 * epoch.model))
    found = of_training(stage(own.data, recipe=recipe), [known(own)], recipe.duration.amount, PLACE)
    steps = steps_within(recipe.duration.amount, first_steps(own, recipe, coder))
    assert found.cost.steps == pytest.approx(steps, abs=1)
    assert 0.96 * recipe.duration.amount < found.cost.model <= recipe.duration.amount
    assert found.unique == len(own.features)


@pytest.mark.parametrize("task", TASKS)
def test_a_budget_is_refused_only_if_no_first_step_can_be_paid(task: str, coder: Coder) -> None:
    own = encoded(data_of(task), coder)
    seeds = (dataclasses.replace(RECIPE, seed=seed, duration=Duration("flops", 1.0)) for seed in range(30))
    paid = [next(first_steps(own, recipe, coder)) for recipe in seeds]
    with pytest.raises(HarnessError, match="below one step: with batch size 16 on ") as refused:
        check_budget(stage(own.data, recipe=dataclasses.replace(RECIPE, duration=Duration("flops", 1.0))), [known(own)])
    cheapest, enough = (float(number) for number in re.findall(r"[\d.]+e\+\d+", str(refused.value)))
    assert 0.25 * min(paid) < cheapest * 0.99 <= min(paid) <= max(paid) <= enough < 3 * max(paid)
    for amount in (min(paid), enough):
        recipe = dataclasses.replace(RECIPE, duration=Duration("flops", float(amount)))
        check_budget(stage(own.data, recipe=recipe), [known(own)])


def first_steps(own: Encoded, recipe: Recipe, coder: Coder) -> Iterator[int]:
    """The model FLOPs of the real batches in their order."""
    accountant = Accountant(MODEL, head_specs((own.data,), MODEL), (own.data,))
    return (accountant.cost(b.task, b.features, TRAINING).model for b in global_batches([own], recipe, coder))


def test_different_examples_are_counted_as_they_are_drawn(coder: Coder) -> None:
    own = encoded(data_of("toy_nli"), coder)
    capped = dataclasses.replace(RECIPE, examples_cap=50)
    for recipe, steps, exact in ((RECIPE, 5, True), (RECIPE, 30, True), (capped, 12, False)):
        batches = [*itertools.islice(global_batches([own], recipe, coder), steps)]
        seen = {feature.example for batch in batches for feature in batch.features}
        found = unique_examples([own], recipe, {"toy_nli": sum(batch.drawn for batch in batches)})
        assert found == (len(seen) if exact else pytest.approx(len(seen), rel=0.1))


def test_an_evaluation_is_priced_in_the_batches_of_its_token_budget(coder: Coder) -> None:
    own = encoded(pin(dataset("toy_nli", "test", ("en", "ha"), limit=150), None), coder)
    model = Pretrained("made/model", "0" * 40, MODEL)
    found = of_evaluation(
        Evaluate(Train(model, (data_of("toy_nli"),), RECIPE, "target"), own.data), [known(own)], PLACE
    )
    accountant = Accountant(MODEL, head_specs((own.data,), MODEL), (own.data,))
    batches = by_token_budget(own.features, PLACE.token_budget)
    real = sum((accountant.cost("toy_nli", [own.features[i] for i in b], READING) for b in batches), start=Cost())
    assert found.cost == real


def test_what_is_measured_is_kept_once_and_read_back(coder: Coder, tmp_path: Path) -> None:
    file, own = tmp_path / "lengths" / "a.json", encoded(data_of("toy_choice"), coder)
    assert read_lengths(file) is None
    measure(own, file)
    found, written = read_lengths(file), file.stat().st_mtime_ns
    assert found is not None and found == known(own).lengths
    assert sum(count for _, count in found.sequences) == sum(len(each.sequences) for each in own.features)
    measure(own, file)
    assert file.stat().st_mtime_ns == written
