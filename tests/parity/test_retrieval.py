"""Law 4 for retrieval: negatives belong to the recipe, and what is found does not depend on who searched where."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.files.layout import PhaseFolder
from harness.files.predictions import predictions_file, read_predictions, variants
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate, Train
from harness.spec.task import Data
from tests.parity.stage import RECIPE, launch, lay_out, losses, scratch

pytestmark = pytest.mark.slow

TOLERANCE = 1e-5  # the law's, in fp32 with dropout 0
LANGUAGES = ("ha", "za")
LAYOUTS = {
    "one process": ("zero0", 1, 4),
    "one pair at a time": ("zero0", 1, 1),
    "two processes": ("zero0", 2, 2),
    "two processes, zero3": ("zero3", 2, 4),
}


def _rows(split: str, languages: tuple[str, ...], limit: int) -> Data:
    return catalog_data.pin(catalog_data.dataset("toy_retrieval", split, languages, limit=limit), None)


def _stage() -> Train:
    """20 steps of 8 pairs, 3 in a softmax; 30 pairs, so that the last batch of an epoch is short.

    At the rate of the other stages, 2e-3, Adam makes 1.2e-5 of one CPU's rounding within ten steps.
    """
    recipe = replace(RECIPE, negatives=3, learning_rate=1e-3)
    return Train(scratch(), (_rows("dev", ("ha",), 30),), recipe, "target")


def _evaluations() -> dict[str, Evaluate]:
    """By the trained head, each language by itself and in a pool of both, and by the first layer."""
    stage, data = _stage(), _rows("test", LANGUAGES, 25)
    by_head = Evaluate(stage, data, RECIPE.window)
    pool = _rows("test", LANGUAGES, 40)
    return {"head": by_head, "pool": replace(by_head, pool=pool), "layer": replace(by_head, layer=1)}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, PhaseFolder]]:
    """The folders of all phases under every placement."""
    found: dict[str, dict[str, PhaseFolder]] = {}
    for processes in (1, 2):
        folders = []
        for name, (strategy, count, micro_batch) in LAYOUTS.items():
            if count != processes:
                continue
            runs = tmp_path_factory.mktemp(f"{strategy}-{count}-{micro_batch}")
            cluster = Cluster("test", processes_per_node=count, max_micro_batch=micro_batch, token_budget=256)
            phases = {"stage": _stage(), **_evaluations()}
            folders.append(lay_out(runs, scratch().tokenizer, strategy, cluster))
            found[name] = {what: lay_out(runs, phase, strategy, cluster) for what, phase in phases.items()}
            folders += found[name].values()
        launch(folders, processes)
    return found


@pytest.mark.parametrize("layout", list(LAYOUTS)[1:])
def test_losses_agree(layout: str, done: dict[str, dict[str, PhaseFolder]]) -> None:
    reference = losses(done["one process"]["stage"])
    assert len(reference) == 20
    assert losses(done[layout]["stage"]) == pytest.approx(reference, abs=TOLERANCE)
    assert sum(reference[-3:]) < 0.8 * sum(reference[:3])


@pytest.mark.parametrize("layout", list(LAYOUTS)[1:])
@pytest.mark.parametrize("what", ["head", "pool", "layer"])
def test_predictions_agree(layout: str, what: str, done: dict[str, dict[str, PhaseFolder]]) -> None:
    one, other = (done[name][what].predictions for name in ("one process", layout))
    for language in LANGUAGES:
        expected, found = read_predictions(one, language), read_predictions(other, language)
        assert list(found) == list(expected)
        assert len(found) == 25
        for name, ranked in expected.items():
            assert [value for _, value in found[name]] == pytest.approx([value for _, value in ranked], abs=2e-5)


def test_evaluation_of_the_same_weights_is_the_same_to_the_last_digit(
    done: dict[str, dict[str, PhaseFolder]], tmp_path: Path
) -> None:
    weights = done["one process"]["stage"].path
    digests = set()
    for processes in (1, 2):
        runs = tmp_path / str(processes)
        cluster = Cluster("test", processes_per_node=processes, token_budget=256)
        runs.mkdir()
        for parent in (weights, next(weights.parent.glob("*-tokenizer-words"))):
            (runs / parent.name).symlink_to(parent)
        folders = [lay_out(runs, phase, "zero0", cluster) for phase in _evaluations().values()]
        launch(folders, processes)
        files = sorted(file for folder in folders for file in folder.predictions.rglob("*.jsonl"))
        digests.add(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
        assert len(files) == 2 * (1 + 1 + 1 + 3 + 3)
        _check_variants(folders[2])
    assert len(digests) == 1


def _check_variants(folder: PhaseFolder) -> None:
    """Every file is recorded, each of the three layers is there, and the first is the headline's."""
    stored = variants(folder.predictions)
    assert stored == ("centred", "centred_csls", "csls", "layer_00", "layer_01", "layer_02")
    record = folder.record()
    assert record is not None
    for language in LANGUAGES:
        headline = read_predictions(folder.predictions, language)
        at_layer = read_predictions(folder.predictions / "layer_01", language)
        assert {name: ranked[:1] for name, ranked in headline.items()} == at_layer
        for variant in (None, *stored):
            file = predictions_file(folder.predictions, language, variant)
            assert str(file.relative_to(folder.path)) in record.outputs
