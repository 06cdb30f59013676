"""Law 4 for LoRA: losses and what is handed on do not depend on ZeRO stage, processes or activation checkpointing."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness.catalog import find
from harness.files.atomic import write_json
from harness.files.journal import read
from harness.files.layout import PhaseFolder, folder_of, imported_folder
from harness.spec.cluster import Cluster
from harness.spec.model import Imported
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.recipe import Duration, LoRA
from harness.worker import weights
from harness.worker.work import read_placement
from tests.parity.stage import RECIPE, launch, lay_out, losses, scratch, training_set

pytestmark = pytest.mark.slow

TOLERANCE = 1e-5  # the law's, in fp32 with dropout 0
LORA = LoRA(4, 8.0, targets=("query", "value", "up"))
WHOLE = replace(RECIPE, duration=Duration("steps", 6.0))
KEPT, MERGED = (replace(WHOLE, lora=replace(LORA, merged=merged), learning_rate=1e-2) for merged in (False, True))
DIGEST = "a" * 64  # of the weights that this test merges by itself


@dataclass(frozen=True)
class Layout:
    """One placement of the same stages."""

    strategy: str
    processes: int
    checkpointing: bool = False


REFERENCE = Layout("zero0", 1)
ALONE = (REFERENCE, Layout("zero0", 1, True), Layout("zero3", 1, True))
TOGETHER = (
    Layout("zero0", 2, True), Layout("zero1", 2), Layout("zero2", 2, True), Layout("zero3", 2), Layout("zero3", 2, True)
)  # fmt: skip


def _stages() -> dict[str, Train]:
    """Whole, adapters, the same adapters further, whole again on their sum."""
    pairs, tags = training_set("toy_polarity", 60), training_set("toy_senses", 60)
    below = Train(scratch(), (pairs, tags), WHOLE, "intermediate")
    first = Train(below, (tags,), replace(KEPT, duration=Duration("epochs", 2.0)), "intermediate")
    second = Train(first, (pairs, tags), MERGED, "intermediate")
    return {"below": below, "first": first, "second": second, "after": Train(second, (tags,), WHOLE, "target")}


def _place(runs: Path, phase: AnyPhase, layout: Layout) -> PhaseFolder:
    cluster = Cluster("test", processes_per_node=layout.processes, max_micro_batch=2)
    folder = lay_out(runs, phase, layout.strategy, cluster)
    write_json(folder.placement_file, replace(read_placement(folder), checkpointing=layout.checkpointing))
    return folder


def _trained(make: pytest.TempPathFactory, layouts: tuple[Layout, ...]) -> dict[Layout, Path]:
    """Run folders with the stages trained under every placement, and predictions by the adapters' sum: one launch."""
    found, stages = {layout: make.mktemp(layout.strategy) for layout in layouts}, _stages()
    scored = Evaluate(stages["second"], training_set("toy_polarity", 20), RECIPE.window)
    phases: tuple[AnyPhase, ...] = (scratch().tokenizer, *stages.values(), scored)
    launch([_place(found[layout], phase, layout) for layout in layouts for phase in phases], layouts[0].processes)
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    return _trained(tmp_path_factory, ALONE)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    return _trained(tmp_path_factory, TOGETHER)


@pytest.fixture
def runs(alone: dict[Layout, Path], together: dict[Layout, Path]) -> dict[Layout, Path]:
    """The run folder of every placement."""
    return {**alone, **together}


def test_adapters_learn_and_are_all_that_is_stored(alone: dict[Layout, Path]) -> None:
    stages = _stages()
    found = losses(folder_of(alone[REFERENCE], stages["first"]))
    assert sum(found[8:]) < 0.95 * sum(found[:8])  # one epoch is 8 steps
    for name in ("first", "second"):
        index = _stored(alone[REFERENCE], stages[name])
        assert {parameter.partition(".")[0] for parameter in index} == {"adapters", "heads"}


@pytest.mark.parametrize("stage", list(_stages()))
@pytest.mark.parametrize("layout", [*ALONE[1:], *TOGETHER], ids=str)
def test_losses_agree(layout: Layout, stage: str, runs: dict[Layout, Path]) -> None:
    phase = _stages()[stage]
    expected, found = (losses(folder_of(runs[at], phase)) for at in (REFERENCE, layout))
    assert len(expected) == (16 if stage == "first" else 6)
    assert found == pytest.approx(expected, abs=TOLERANCE)


def test_what_is_handed_on_agrees(runs: dict[Layout, Path]) -> None:
    for name, stage in _stages().items():
        expected = weights.shards_of(stage, runs[REFERENCE], heads=False)
        for layout in (*ALONE[1:], *TOGETHER):
            found = weights.shards_of(stage, runs[layout], heads=False)
            assert found.keys() == expected.keys()
            furthest = max((found[at].read() - expected[at].read()).abs().max() for at in expected)
            assert furthest < 5e-4, (name, layout)  # Adam divides tiny gradients by their size


def test_the_same_adapters_went_on(alone: dict[Layout, Path]) -> None:
    stages = _stages()
    first, second = (_stored(alone[REFERENCE], stages[name]) for name in ("first", "second"))
    moved = {name: (second[name] - first[name]).norm() / first[name].norm() for name in first if name.endswith(".A")}
    assert moved
    assert all(0 < change < 0.6 for change in moved.values())


def test_the_sum_is_that_of_an_explicit_merge(alone: dict[Layout, Path], tmp_path: Path) -> None:
    at, stages = alone[REFERENCE], _stages()
    below, own = _stored(at, stages["below"]), _stored(at, stages["second"])
    for name in [name for name in own if name.endswith(".A")]:
        weight = name.replace("adapters.", "encoder.", 1).removesuffix(".A") + ".weight"
        below[weight] = below[weight] + LORA.alpha / LORA.rank * own[name.removesuffix("A") + "B"] @ own[name]
    folder = imported_folder(tmp_path, DIGEST)
    folder.mkdir(parents=True)
    encoder = {name.removeprefix("encoder."): w for name, w in below.items() if name.startswith("encoder.")}
    save_file(encoder, folder / "model.safetensors")
    architecture = scratch().architecture
    write_json(folder / "config.json", find.family(architecture.family).config(architecture))
    shutil.copy(folder_of(at, scratch().tokenizer).weights / "tokenizer.json", folder)
    again = replace(stages["after"], start=Imported(DIGEST, architecture))
    launch([_place(tmp_path, again, REFERENCE)], 1)
    expected = losses(folder_of(at, stages["after"]))
    assert losses(folder_of(tmp_path, again)) == pytest.approx(expected, abs=TOLERANCE)


def test_the_record_says_exact_and_the_journal_what_loading_took(runs: dict[Layout, Path]) -> None:
    for folder in _folders(runs):
        record = folder.record()
        assert record is not None
        assert record.agreement == "exact"
        (loaded,) = [event for event in read(folder.journal_file) if event["event"] == "loaded"]
        assert 1e7 < loaded["host_peak_bytes"] < 1e11


def _folders(runs: dict[Layout, Path]) -> Iterator[PhaseFolder]:
    for at in runs.values():
        yield from (folder_of(at, stage) for stage in _stages().values())


def _stored(runs: Path, phase: Train) -> dict[str, torch.Tensor]:
    files = folder_of(runs, phase).weights.glob("*.safetensors")
    return {name: tensor for file in files for name, tensor in load_file(file).items()}
