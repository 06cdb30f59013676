"""Every memory strategy: read by the harness and, as it would be launched, by DeepSpeed itself; told in the docs."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deepspeed.runtime.config import DeepSpeedConfig

from harness.catalog import find
from harness.plan.places.ds_config import render
from harness.plan.places.placement import place
from harness.plan.places.strategies import concrete, offloads, quantised
from harness.spec.cluster import Cluster, Hardware, Placement
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.model import Pretrained
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.strategy import Strategy
from harness.spec.task import Data
from tests.parity.test_placement import RUN

CHECKOUT = Path(__file__).resolve().parents[2]
FILES = {path.stem: path for path in sorted((CHECKOUT / "ds_configs").glob("*.json"))}
ROW = re.compile(r"^\| (\w+) \| .+ \| (the same|the same here|changed) \| (.+) \|$", re.MULTILINE)
NVME = Hardware("h100_sxm", 1000.0, nvme_path="/nvme", nvme_gb=1000.0)
CLUSTER = Cluster("node", processes_per_node=8, hardware=NVME)
DATA = Data("toy_senses", 1, "tagging", "train", (), ("a", "b"))
MODEL = Pretrained("made/up", 40 * "0", find.model("xlm_r/xxl").architecture)
RECIPE = Recipe(Duration("epochs"), 16, 1e-5, 1, communication="quantised")
TRAIN = Train(MODEL, (DATA,), RECIPE, "target")


def options(name: str) -> dict[str, Any]:
    strategy: Strategy = from_json(Strategy, FILES[name].read_text(), name)
    return strategy.options


def rendered(name: str, phase: AnyPhase = TRAIN) -> dict[str, Any]:
    """What DeepSpeed is given for a phase on eight processes of a node, but said of one: it asks how many there are."""
    plain = concrete(options(name), phase, CLUSTER)
    placed: Placement = place(phase, replace(CLUSTER, processes_per_node=1), name, plain, None)
    return render(phase, placed, plain)


@pytest.mark.parametrize("name", FILES)
def test_deepspeed_reads_it_and_means_the_same(name: str) -> None:
    config = rendered(name)
    understood = DeepSpeedConfig(json.loads(json.dumps(config)))
    found = understood.zero_config.model_dump(mode="json", by_alias=True)
    assert _said(config["zero_optimization"], found) == config["zero_optimization"]
    assert understood.zero_optimization_stage == options(name)["zero_optimization"]["stage"]
    if offloads(config, "nvme"):
        assert {key: understood.aio_config[key] for key in config["aio"]} == config["aio"]


@pytest.mark.parametrize("name", FILES)
def test_evaluations_can_be_placed_under_it_and_send_weights_as_they_are(name: str) -> None:
    evaluate = Evaluate(MODEL, DATA, layer=7)
    config = rendered(name, evaluate)
    assert not quantised(config)
    assert DeepSpeedConfig(config).zero_optimization_stage == options(name)["zero_optimization"]["stage"]


def test_every_strategy_is_documented_with_what_it_does_to_numbers_and_how_it_is_exercised() -> None:
    rows = {
        name: (numbers, how) for name, numbers, how in ROW.findall((CHECKOUT / "docs" / "strategies.md").read_text())
    }
    assert rows.keys() == FILES.keys()
    for name, (numbers, how) in rows.items():
        assert (numbers == "changed") == quantised(options(name)), name
        if offloads(options(name), "nvme"):
            assert how == "run where libaio-dev is installed, else parsed"
        else:
            assert how == ("run" if name in RUN else "parsed"), name


def test_what_changes_numbers_needs_the_recipe_to_allow_it() -> None:
    exact = replace(TRAIN, recipe=replace(RECIPE, communication=None))
    changing = [name for name in FILES if quantised(options(name))]
    assert changing == ["zero3_plus_plus"]
    with pytest.raises(HarnessError, match=r"which changes numbers; say `communication: quantised` in the recipe"):
        concrete(options("zero3_plus_plus"), exact, CLUSTER)


def _said(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """What DeepSpeed holds of all that we say."""
    return {key: _said(said, theirs[key]) if isinstance(said, dict) else theirs[key] for key, said in ours.items()}
