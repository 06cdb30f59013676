"""Micro-batches tried by the real worker: one that needs too much memory is halved; a sweep tries each kind once."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.files.layout import folders
from harness.files.tried import read_tried
from harness.plan.memory.peak import Memory
from harness.plan.places.placement import Choice, place
from harness.run.conduct.probe import Probe, remembered
from harness.run.launchers import launcher
from harness.spec.cluster import Cluster, Hardware
from harness.spec.phase import Train
from harness.spec.recipe import Window
from tests.parity.stage import CHECKOUT, RECIPE, scratch, text

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# A process of the worker has some 0.5 GB of data before it has a model; 64 full sequences take more than the rest.
LITTLE, ENOUGH = 0.9, 8.0
SWEEP = """
name: probed
models:
  - name: toy
    architecture: xlm_r/tiny
    tokenizer: {algorithm: words, vocabulary: 700}
    text: [{task: toy_text, languages: [en]}]
    pretrain: {duration: {unit: steps, amount: 4}, batch_size: 16, learning_rate: 3e-3}
intermediate: [toy_polarity]
steps: 2
batch_size: 8
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 40}]
recipe: {target: {toy_senses: {duration: {unit: steps, amount: 2}}}}
split: {words: 20000}
"""


def test_what_does_not_fit_is_halved_until_it_does_and_is_remembered(tmp_path: Path) -> None:
    phase = Train(scratch(), (text(),), replace(RECIPE, batch_size=64, window=Window(max_length=256)), "pretrain")
    little, enough = (_cluster(memory) for memory in (LITTLE, ENOUGH))
    said: list[str] = []
    probe = Probe(tmp_path, launcher("torchrun"), said.append, lambda: None)
    placement = probe.placement(phase, _planned(phase, little), little)
    assert placement.micro_batch < 64
    assert placement.micro_batch * placement.accumulation == 64
    tries = len(said)
    assert 64 >> (tries - 1) == placement.micro_batch
    assert probe.placement(phase, _planned(phase, little), little) == placement
    assert len(said) == tries
    assert probe.placement(phase, _planned(phase, enough), enough).micro_batch == 64
    found = [read_tried(remembered(tmp_path, phase, _planned(phase, each), each)) for each in (little, enough)]
    peaks = [tried.peak_bytes for tried in found if tried and tried.peak_bytes]
    assert peaks[0] < LITTLE * 1e9
    assert peaks[1] > peaks[0]
    assert all(tried and tried.seconds for tried in found)


def test_a_sweep_tries_each_kind_of_training_once_and_then_runs(tmp_path: Path) -> None:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text(
        "{name: local, accelerator: cpu, processes_per_node: 2, probe: true}\n"
    )
    sweep = tmp_path / "probed.yaml"
    sweep.write_text(SWEEP)
    command = [sys.executable, "-m", "harness.cli", "run", str(sweep), "--runs", str(tmp_path / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count("probing micro-batch") == 3  # text, polarity and senses
    assert all(folder.done for folder in folders(tmp_path / "runs"))
    kept = [json.loads(path.read_text()) for path in tmp_path.glob("runs/.cache/probe/*/tried.json")]
    assert [tried["fits"] for tried in kept] == [True] * 3


def _cluster(memory_gb: float) -> Cluster:
    return Cluster("limited", processes_per_node=1, probe=True, hardware=Hardware("cpu", 20.0, memory_gb=memory_gb))


def _planned(phase: Train, cluster: Cluster) -> Choice:
    """As a plan that is wrong would have it."""
    options = json.loads((CHECKOUT / "ds_configs" / "zero1.json").read_text())
    return Choice("zero1", options, place(phase, cluster, "zero1", options), 1, Memory(), "by hand")
