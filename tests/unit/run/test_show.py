"""What `harness plan` says of controls that a model or target cannot have."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.run.overview import Overview, overview
from harness.run.show import show_plan
from harness.run.study import open_work

SWEEP = """
name: made
models: [xlm_r/base, {name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90},
  text: [{task: toy_text}], pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: [toy_qa]
epochs: [1, 2]
batch_size: 16
controls: [CONTROLS]
targets: [{task: toy_senses, languages: [en]}, {task: toy_retrieval, languages: [ha]}]
seeds: {target: [1, 2]}
split: {by: size}
"""
CLUSTER = "name: local\naccelerator: cpu\nlauncher: torchrun\n"


def made(folder: Path, controls: str) -> Overview:
    (folder / "clusters").mkdir()
    (folder / "clusters" / "local.yaml").write_text(CLUSTER)
    (folder / "sweep.yaml").write_text(SWEEP.replace("CONTROLS", controls))
    return overview(open_work(folder / "sweep.yaml", None, folder / "runs"))


def shown(found: Overview) -> str:
    console = Console(file=io.StringIO(), width=140)
    show_plan(found, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("controls", "sentences"),
    [
        (
            "no_pretraining",
            [
                "no_pretraining of xlm_r/base will have no score on toy_senses, toy_retrieval: the model is published "
                "with its weights, so it has no random counterpart here"
            ],
        ),
        (
            "target_more",
            [
                f"target_more of {model} will have no score on toy_retrieval: trains on nothing, so it has no data of "
                "its own to spend more on"
                for model in ("xlm_r/base", "toy")
            ],
        ),
        ("shuffled_labels", []),
    ],
)
def test_a_plan_says_once_what_a_control_cannot_have(tmp_path: Path, controls: str, sentences: list[str]) -> None:
    found = made(tmp_path, controls)
    assert list(found.absent) == sentences
    text = shown(found)
    assert text.count("will have no score on") == len(sentences)
    assert all(sentence in text for sentence in sentences)
