"""Differences of plain data: by the names of what lists hold, and as a whole where kinds differ."""

from typing import Any

import pytest

from harness.spec.difference import differences
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part

MODEL = Pretrained("made/model", "0" * 40, Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128))
SETS = {
    name: Data(name, 1, "pair", "train", (Part("en", "a" * 64), Part("de", "b" * 64)), ("no", "yes"))
    for name in ("anli", "mnli", "snli")
}


def train(*names: str, start: Any = MODEL, **recipe: Any) -> Train:
    made = {"seed": 1, **recipe}
    return Train(
        start, tuple(SETS[name] for name in names), Recipe(Duration("epochs"), 8, 1e-3, **made), "intermediate"
    )


def told(left: Any, right: Any) -> list[str]:
    return [str(each) for each in differences(dump(left), dump(right))]


def test_equal_phases_differ_in_nothing() -> None:
    assert told(train("anli"), train("anli")) == []


def test_fields_are_found_through_the_lineage() -> None:
    ours = Evaluate(train("mnli", start=train("anli", seed=1)), SETS["snli"])
    theirs = Evaluate(train("mnli", start=train("anli", seed=2, betas=(0.9, 0.98))), SETS["snli"], layer=3)
    assert told(ours, theirs) == [
        "of.start.recipe.seed: 1 -> 2",
        "of.start.recipe.betas: [0.9, 0.999] -> [0.9, 0.98]",
        "layer: null -> 3",
    ]


def test_sets_are_compared_by_their_task_and_parts_by_their_language() -> None:
    parts = (Part("de", "c" * 64), Part("sw", "d" * 64), Part("en", "a" * 64))
    theirs = Train(
        MODEL, (SETS["mnli"], Data("anli", 1, "pair", "train", parts, ("no", "yes"))), train().recipe, "target"
    )
    found = list(differences(dump(train("anli", "snli")), dump(theirs)))
    assert [(each.path, each.data) for each in found] == [
        ("data[anli].parts[de].digest", "anli train"),
        ("data[anli].parts[sw]", None),
        ("data[snli]", None),
        ("data[mnli]", None),
        ("role", None),
    ]
    assert (found[0].left, found[0].right) == ("b" * 64, "c" * 64)
    assert found[1].left is None
    assert found[1].right == {"language": "sw", "digest": "d" * 64}


def test_kinds_that_differ_do_so_as_a_whole() -> None:
    ours, theirs = train("mnli", start=train("anli", "snli")), train("mnli")
    assert told(ours, theirs) == ["start: train intermediate anli snli -> pretrained made/model"]
    assert told(Evaluate(MODEL, SETS["anli"]), theirs) == ["phase: evaluate anli -> train intermediate mnli"]


def test_a_lineage_with_a_stage_more_differs_in_that_stage() -> None:
    before = train("anli")
    ours, theirs = Evaluate(train("snli", start=before), SETS["snli"]), Evaluate(before, SETS["snli"])
    assert told(ours, theirs) == ["of: train intermediate snli -> train intermediate anli"]
    assert told(theirs, ours) == ["of: train intermediate anli -> train intermediate snli"]


def test_what_is_there_on_one_side_alone_is_told() -> None:
    lora = LoRA(4, 8.0)
    (line,) = told(train("anli"), train("anli", lora=lora))
    assert line.startswith('recipe.lora: null -> {"rank": 4, "alpha": 8.0')
    assert line.endswith("…")


def test_of_long_lists_what_is_in_one_alone_is_told() -> None:
    left, right = [str(number) for number in range(100)], [str(number) for number in range(2, 101)]
    (found,) = differences({"held_out": left}, {"held_out": right})
    assert str(found) == (
        'held_out: 100 entries, 2 of them here alone ("0", "1") -> 99 entries, 1 of them here alone ("100")'
    )


def test_of_what_is_in_one_list_alone_a_few_are_told() -> None:
    (found,) = differences(list(range(100)), [])
    assert str(found) == "phase: 100 entries, 100 of them here alone (0, 1, 2, …) -> []"


@pytest.mark.parametrize("items", [[{"task": "a"}, {"task": "a"}], [{"other": 1}, {"other": 2}], [1, {"task": "a"}]])
def test_items_without_names_of_their_own_are_compared_by_place(items: list[Any]) -> None:
    (found,) = differences(items, [*items, {"task": "b"}])
    assert found.path == "[2]"


def test_phases_without_a_difference_have_one_identity() -> None:
    assert identity(train("anli", seed=1)) == identity(train("anli"))
    assert identity(train("anli", seed=1)) != identity(train("anli", seed=2))
