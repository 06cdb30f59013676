"""A decoder from its pretraining to the curve, whole and with LoRA, under ZeRO-3 on two processes."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.files.layout import folders, phases
from harness.spec.phase import Train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HERE = Path(__file__).parent
TWO_PROCESSES = "name: two\naccelerator: cpu\nprocesses_per_node: 2\n"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the finished sweep."""
    jobs, found = tmp_path_factory.mktemp("jobs"), tmp_path_factory.mktemp("runs")
    (jobs / "clusters").mkdir()
    (jobs / "clusters" / "two.yaml").write_text(TWO_PROCESSES)
    sweep = shutil.copy(HERE / "decoder.yaml", jobs)
    command = [sys.executable, "-m", "harness.cli", "run", str(sweep), "--runs", str(found)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for said in ("full · toy_polarity · batch 8", "lora · toy_polarity · batch 8"):  # a curve each
        assert said in done.stdout
    return found


@pytest.fixture(scope="module")
def points(runs: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of points.csv by model."""
    rows = list(csv.DictReader((runs / "reports" / "small_decoder" / "points.csv").open()))
    return {model: [row for row in rows if row["model"] == model] for model in ("full", "lora")}


def test_both_methods_have_a_baseline_and_two_points_with_score_gain_and_flops(
    points: dict[str, list[dict[str, str]]],
) -> None:
    for rows in points.values():
        baseline, *others = rows
        assert [row["amount"] for row in rows] == ["", "3.0", "6.0"]
        assert all(0 < float(row["score"]) < 100 for row in rows)
        gains = [float(row["score"]) - float(baseline["score"]) for row in others]
        assert [float(row["gain_score"]) for row in others] == pytest.approx(gains)
        first, second = (float(row["flops_before_target"]) for row in others)
        assert 1.8 < second / first < 2.2  # twice the steps; their texts differ in length


def test_a_method_has_its_name_and_its_flops(points: dict[str, list[dict[str, str]]]) -> None:
    full, lora = (rows[1] for rows in points.values())
    assert (full["method"], lora["method"]) == ("full fine-tuning", "LoRA r=4 a=8 query+value")
    assert int(lora["parameters_trained"]) < 0.1 * int(full["parameters_trained"])
    # Of the three products of a matrix, LoRA saves nearly one, the gradient of its weights (Hu et al. 2022).
    assert 0.6 < float(lora["flops_before_target"]) / float(full["flops_before_target"]) < 0.8


def test_what_lora_stores_is_adapters_and_heads(runs: Path) -> None:
    kept: dict[bool, set[str]] = {True: set(), False: set()}
    for folder, phase in phases(folders(runs)).items():
        if isinstance(phase, Train) and phase.role == "intermediate":
            kept[phase.recipe.lora is not None] |= {file.name.split("-")[0] for file in folder.weights.glob("*-*")}
    assert kept == {True: {"adapters", "heads"}, False: {"encoder", "heads"}}


def test_the_decoder_was_pretrained_once_on_the_next_token(runs: Path) -> None:
    found = [phase for phase in phases(folders(runs)).values() if isinstance(phase, Train)]
    assert [phase.data[0].format for phase in found if phase.role == "pretrain"] == ["clm"]
