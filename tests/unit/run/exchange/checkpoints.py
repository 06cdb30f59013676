"""Finished phases with random weights as a worker leaves them, and their export, for the tests of checkpoints."""

from pathlib import Path

import torch

from harness.cli import main
from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.spec.model import Architecture, Model, Scratch, TrainTokenizer
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.record import Cost, Record
from harness.spec.task import Data, Part
from harness.worker import tokenizer, weights
from harness.worker.network import Network, head_specs

MODEL = Architecture("xlm_r", 2, 32, 4, 4, 64, 60, 40)
RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1, window=Window(32))
ENGLISH = (Part("en"),)
TEXT = Data("toy_text", 1, "mlm", "train", ENGLISH)
WORDS = TrainTokenizer("words", 60, (TEXT,))
START = Scratch(MODEL, WORDS, 0)
SETS = {
    "pair": Data("nli", 1, "pair", "train", ENGLISH, ("no", "maybe", "yes")),
    "choice": Data("choose", 1, "choice", "train", ENGLISH),
    "tagging": Data("tags", 1, "tagging", "train", ENGLISH, ("NOUN", "VERB")),
    "span": Data("answers", 1, "span", "train", ENGLISH),
    "mlm": Data("mlm", 1, "mlm", "train", text=(TEXT,)),
    "retrieval": Data("find", 1, "retrieval", "train", ENGLISH),
}
LINES = ["the cat sleeps", "a dog and the cat eat bread", "who eats the bread ?"]


def trained(runs: Path, *formats: str, start: Model | Train = START, recipe: Recipe = RECIPE) -> tuple[Train, Network]:
    """A finished phase as a worker leaves it; weights are random by their names, so that all phases share encoders."""
    phase = Train(start, tuple(SETS[name] for name in formats), recipe, "intermediate")
    folder = folder_of(runs, phase)
    network = Network(MODEL, head_specs(phase.data, MODEL), 0.0, recipe.lora).eval()
    weights.load(network, {}, lambda name, shape: torch.randn(shape, generator=_generator(name)) * 0.2)
    folder.path.mkdir(parents=True)
    weights.save(network, folder.weights, writes=True)
    write_json(folder.phase_file, phase)
    record = Record(folder.id, folder.slug, Cost(), {}, "", "2024-01-01T00:00:00+00:00", "exact")
    write_json(folder.record_file, record)
    tokenizer.train(WORDS, LINES, folder_of(runs, WORDS).weights)
    return phase, network


def _generator(name: str) -> torch.Generator:
    return torch.Generator().manual_seed(len(name) * 1009 + sum(map(ord, name)))


def export(runs: Path, phase: Train, to: Path, *more: str) -> None:
    assert main(["export", "checkpoint", folder_of(runs, phase).id, "--to", str(to), "--runs", str(runs), *more]) == 0


IDS = torch.tensor([[0, 7, 8, 9, 2], [0, 11, 2, 1, 1]])
MASK = (IDS != 1).long()
