"""A small three-format stage of the generated world, laid out under many placements, and its launch."""

import json
from dataclasses import replace
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.files import journal
from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.plan.places.ds_config import render
from harness.plan.places.placement import place
from harness.plan.places.strategies import concrete
from harness.run.child import launched, phases
from harness.run.launchers import launcher as find_launcher
from harness.spec.cluster import Cluster
from harness.spec.model import Scratch, TrainTokenizer
from harness.spec.phase import AnyPhase, Train
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.task import Data

CHECKOUT = Path(__file__).resolve().parents[2]
RECIPE = Recipe(
    duration=Duration("steps", 20.0),
    batch_size=8,
    learning_rate=2e-3,
    seed=7,
    weight_decay=0.1,
    clip=0.5,
    dropout=0.0,
    window=Window(max_length=64, stride=16, max_query=16, max_answer=4),
    length_window=2,
)
LONGEST = 280.0  # seconds


def training_set(task: str, limit: int) -> Data:
    """The first rows of a toy task in English, of different lengths."""
    return catalog_data.pin(catalog_data.dataset(task, "train", ("en",), limit=limit), None)


def text() -> Data:
    """A little pretraining text."""
    return catalog_data.pin(catalog_data.dataset("toy_text", "train", ("en", "ha"), limit=120), None)


def scratch() -> Scratch:
    """A tiny model whose weights are drawn from a seed."""
    architecture = replace(find.model("xlm_r/tiny").architecture, vocabulary=700)
    return Scratch(architecture, TrainTokenizer("words", 700, (text(),)), 3)


def concurrent_stage() -> Train:
    """Pair, tagging and choice, one task a batch; 60 examples of each, so that the last batch is short."""
    sets = tuple(training_set(name, 60) for name in ("toy_polarity", "toy_senses", "toy_choice"))
    return Train(scratch(), sets, RECIPE, "intermediate")


def lay_out(runs: Path, phase: AnyPhase, strategy: str, cluster: Cluster) -> PhaseFolder:
    """The folder of `phase` below `runs`, ready to launch with the strategy file of that name."""
    options = json.loads((CHECKOUT / "ds_configs" / f"{strategy}.json").read_text())
    options = concrete(options, phase, cluster)
    folder, placement = folder_of(runs, phase), place(phase, cluster, strategy, options, None)
    write_json(folder.phase_file, phase)
    write_json(folder.placement_file, placement)
    write_json(folder.ds_config_file, render(phase, placement, options))
    return folder


def launch(folders: list[PhaseFolder], processes: int, launcher: str = "torchrun") -> None:
    """Run `folders` in one launch and fail with its output where it fails."""
    cluster = Cluster("test", processes_per_node=processes)
    command = find_launcher(launcher)(phases((folder.path for folder in folders), "test"), cluster)
    with launched(command, folders[0].path / "launch.log", folders[0].path) as ended:
        status = ended.wait(LONGEST)
    assert status == 0, "\n".join(ended.last_lines)


def losses(folder: PhaseFolder, task: str | None = None) -> list[float]:
    """The loss of every step of the last attempt, or of its steps of one task."""
    steps = [event for event in journal.read(folder.journal_file) if event["event"] == "step"]
    return [step["loss"] for step in steps if task in (None, step["task"])]
