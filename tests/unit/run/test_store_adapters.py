"""Weights on which adapters lie: kept while what reads the adapters is unfinished, made again if they are gone."""

from dataclasses import replace
from pathlib import Path

from harness.files.atomic import write_json, write_text
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.run.store import releasable, remove, states
from harness.spec.identity import identity
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import AnyPhase, Evaluate, Train, slug
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.record import Cost, Record
from harness.spec.task import Data, Part

PAIRS = Data("nli", 1, "pair", "train", (Part("en"),), ("no", "yes"))
WHOLE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1)
START = Pretrained("someone/tiny", "0" * 40, Architecture("xlm_r", 2, 32, 4, 4, 64, 60, 40))
BELOW = Train(START, (PAIRS,), WHOLE, "intermediate")
ADAPTED = Train(BELOW, (PAIRS,), replace(WHOLE, lora=LoRA(4, 8.0)), "target")
LEAF = Evaluate(ADAPTED, PAIRS)
PLAN = plan([LEAF])
ROLES = ("intermediate", "target")


def finish(runs: Path, *done: AnyPhase) -> None:
    for phase in done:
        folder = folder_of(runs, phase)
        write_text(folder.weights / "weights", "")
        write_json(folder.record_file, Record(identity(phase), slug(phase), Cost(), {}, "", "now", "exact"))


def test_they_are_kept_until_the_adapters_are_evaluated(tmp_path: Path) -> None:
    finish(tmp_path, BELOW, ADAPTED)
    assert releasable(tmp_path, PLAN, ROLES) == ()
    finish(tmp_path, LEAF)
    assert releasable(tmp_path, PLAN, ROLES) == (folder_of(tmp_path, BELOW), folder_of(tmp_path, ADAPTED))


def test_they_are_made_again_for_a_new_evaluation(tmp_path: Path) -> None:
    finish(tmp_path, BELOW, ADAPTED)
    remove(folder_of(tmp_path, BELOW).weights)
    found = states(tmp_path, PLAN)
    below, adapted = found[identity(BELOW)], found[identity(ADAPTED)]
    assert (below.status, below.remade, below.reason) == (
        "pending", True, "weights released, needed again by evaluate-nli"
    )  # fmt: skip
    assert adapted.status == "done"
