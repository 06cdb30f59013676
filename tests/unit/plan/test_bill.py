"""What a bill adds up: amounts, what sharing saves, and the run folder at its fullest."""

from dataclasses import replace

from harness.plan.bill import Amount, Storage, added
from harness.plan.network.counts import counts
from harness.plan.storage import storage, weight_bytes
from harness.spec.identity import identity
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part

PUBLISHED = Pretrained("made/model", "0" * 40, Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128))
DATA = Data("toy_senses", 1, "tagging", "train", (Part("en", "a" * 64), Part("ha", "b" * 64)), ("NOUN", "VERB"))
RECIPE = Recipe(Duration("epochs"), 8, 1e-3, seed=1)


def test_amounts_add_up_and_multiply_field_by_field() -> None:
    one = Amount(phases=1, unknown=1, untimed=1, model=2, hardware=3, hours=0.5, accelerator_hours=1.0)
    assert added({one: 2}) == Amount(2, 2, 2, 4, 6, 1.0, 2.0)
    assert added({one: 1}) == one
    assert added({}) == Amount()


def test_intermediate_weights_are_kept_and_targets_pass() -> None:
    stage = Train(PUBLISHED, (DATA,), RECIPE, "intermediate")
    targets = [Train(stage, (DATA,), replace(RECIPE, seed=seed), "target") for seed in (1, 2, 3)]
    each = weight_bytes(stage)
    assert each == 4 * counts(stage).trained
    assert storage([stage, *targets], {}, 1, keep_all=False).weights == 2 * each
    assert storage([stage, *targets], {}, 2, keep_all=False).weights == 3 * each
    assert storage([stage, *targets], {}, 1, keep_all=True).weights == 4 * each
    halves = {identity(target): 2 for target in targets}
    assert storage([stage, *targets], halves, 4, keep_all=False).weights == 3 * each


def test_checkpoints_are_those_of_what_is_at_work() -> None:
    stage = Train(PUBLISHED, (DATA,), RECIPE, "intermediate")
    others = [replace(stage, recipe=replace(RECIPE, seed=seed)) for seed in (1, 2, 3)]
    each = 3 * 16 * counts(stage).trained  # the newest two and one that is written; masters, two moments, weights
    for parts in (1, 2):
        found = storage([stage, *others], {}, parts, keep_all=True)
        assert found.checkpoints == parts * each
        assert found.bytes == found.weights + found.checkpoints


def test_adapters_take_a_small_part_of_the_weights() -> None:
    whole = Train(PUBLISHED, (DATA,), RECIPE, "intermediate")
    adapted = replace(whole, recipe=replace(RECIPE, lora=LoRA(2, 4)))
    assert 0 < weight_bytes(adapted) * 20 < weight_bytes(whole)


def test_what_a_disk_does_not_hold_is_said() -> None:
    store = Storage(bytes=3 * 10**9, inodes=100)
    assert store.excess(disk_gb=3.0, inodes=100) is None
    assert store.excess(None, None) is None
    assert "more than the 2 GB" in (store.excess(disk_gb=2.0, inodes=None) or "")
    assert "more than the 99 files" in (store.excess(disk_gb=3.0, inodes=99) or "")


def test_every_language_of_an_evaluation_is_a_file_and_takes_room() -> None:
    one = storage([Evaluate(PUBLISHED, replace(DATA, parts=DATA.parts[:1]))], {}, 1, keep_all=False)
    two = storage([Evaluate(PUBLISHED, DATA)], {}, 1, keep_all=False)
    assert two.inodes == one.inodes + 1
    assert two.bytes == 2 * one.bytes > 0
