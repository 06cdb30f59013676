"""Law 4 for decoders: text by the next token, tags and choices, padded or alone, over ZeRO stages and processes."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.files.layout import PhaseFolder
from harness.spec.cluster import Cluster
from harness.spec.model import Scratch
from harness.spec.phase import Train
from tests.parity.stage import RECIPE, launch, lay_out, losses, scratch, text, training_set

pytestmark = pytest.mark.slow

TOLERANCE = 1e-5  # the law's, in fp32 with dropout 0
LAYOUTS = {
    "one process": ("zero0", 1, 4),
    "one example at a time": ("zero0", 1, 1),
    "two processes": ("zero2", 2, 2),
    "two processes, zero3": ("zero3", 2, 4),
}


def _stage() -> Train:
    unlabelled = replace(catalog_data.dataset("mlm", "train", ()), format="clm", text=(text(),))
    sets = (unlabelled, *(training_set(name, 60) for name in ("toy_choice", "toy_senses")))
    architecture = replace(find.model("qwen3/toy").architecture, vocabulary=700)
    return Train(Scratch(architecture, scratch().tokenizer, 3), sets, RECIPE, "intermediate")


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PhaseFolder]:
    """The stage trained under every placement, in one launch for each number of processes."""
    trained = {}
    for processes in (1, 2):
        folders = []
        for name, (strategy, count, micro_batch) in LAYOUTS.items():
            if count == processes:
                runs: Path = tmp_path_factory.mktemp(f"{strategy}-{micro_batch}")
                cluster = Cluster("test", processes_per_node=count, max_micro_batch=micro_batch)
                folders.append(lay_out(runs, scratch().tokenizer, strategy, cluster))
                trained[name] = lay_out(runs, _stage(), strategy, cluster)
                folders.append(trained[name])
        launch(folders, processes)
    return trained


@pytest.mark.parametrize("layout", list(LAYOUTS)[1:])
def test_losses_agree(layout: str, stages: dict[str, PhaseFolder]) -> None:
    assert losses(stages[layout]) == pytest.approx(losses(stages["one process"]), abs=TOLERANCE)


def test_the_next_token_is_learnt(stages: dict[str, PhaseFolder]) -> None:
    found = losses(stages["one process"], "mlm")
    assert len(found) > 4
    assert max(found[-2:]) < 0.9 * found[0]


def test_no_head_is_stored_for_text(stages: dict[str, PhaseFolder]) -> None:
    stored = (stages["two processes, zero3"].weights / "index.json").read_text()
    assert "heads.toy_senses.out.weight" in stored
    assert "heads.mlm" not in stored
