"""Texts are measured before anything is run: a budget's steps are those of real lengths, and what cannot be is said."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.files.atomic import digest, write_json
from harness.files.layout import folder_of
from harness.run.child import Command, Launcher
from harness.run.launch.torchrun import command
from harness.run.measure import measure_lengths
from harness.run.overview import Overview, overview
from harness.run.study import Work, open_work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.model import TrainTokenizer
from harness.spec.record import Cost, Record
from harness.worker import tokenizer
from harness.worker.library import Library

SWEEP = """
name: iso
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 2000}, text: [{task: toy_text}],
  pretrain: {duration: {unit: steps, amount: 5}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: [toy_nli]
flops: [4e10]
batch_size: 16
targets: [{task: toy_senses, languages: [en, ha], limit: 50}, {task: toy_retrieval, languages: [ha]}]
"""


@pytest.fixture
def work(tmp_path: Path) -> Work:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text("{name: local, processes_per_node: 1}")
    (tmp_path / "iso.yaml").write_text(SWEEP)
    return open_work(tmp_path / "iso.yaml", None, tmp_path / "runs")


def trained_tokenizer(work: Work) -> None:
    phase = next(phase for phase in work.plan if isinstance(phase, TrainTokenizer))
    folder = folder_of(work.runs, phase)
    file = tokenizer.train(phase, Library(None).texts(phase.text), folder.weights)
    outputs = {str(file.relative_to(folder.path)): digest(file)}
    write_json(folder.record_file, Record(folder.id, folder.slug, Cost(), outputs, "", "now", "exact"))


def played(script: str) -> Launcher:
    def launcher(worker: Sequence[str], cluster: Cluster) -> Command:
        assert worker[0] == "harness.worker.measure"
        assert cluster.world_size == 1
        return Command(("sh", "-c", script), {})

    return launcher


def steps(found: Overview) -> int:
    (bought,) = found.budgets
    return bought.steps


def test_a_budget_buys_as_many_steps_as_real_lengths_leave(work: Work) -> None:
    trained_tokenizer(work)
    before = overview(work)
    said: list[str] = []
    measure_lengths(work, command, said.append)
    after = overview(work)
    assert len(said) == 1 and said[0].startswith("measuring the texts that pretrain-mlm, ")
    assert not any(row.measured for row in before.phases if row.kind != "tokenizer")
    assert all(row.measured for row in after.phases)
    assert steps(after) > 2 * steps(before)
    assert not list((work.runs / ".cache").glob("measure-*.json"))
    measure_lengths(work, played("exit 1"), said.append)  # nothing is left to launch for
    assert len(said) == 1


def test_what_is_not_at_hand_keeps_nothing_else_from_being_measured(work: Work) -> None:
    file = work.runs.parent / "iso.yaml"
    file.write_text(SWEEP.replace("[toy_nli]", "[toy_nli+mnli]"))
    mixed = open_work(file, None, work.runs)
    trained_tokenizer(mixed)
    said: list[str] = []
    measure_lengths(mixed, command, said.append)
    (told,) = said
    assert "intermediate-mnli+toy_nli" in told
    measured = {row.slug: row.measured for row in overview(mixed).phases}
    assert measured["target-toy_senses"]
    assert not measured["intermediate-mnli+toy_nli"]  # as a whole


def test_what_has_no_tokenizer_yet_is_said_and_left(work: Work) -> None:
    said: list[str] = []
    measure_lengths(work, played("exit 1"), said.append)
    assert [line.partition(":")[0] for line in said] == ["not measured"]
    assert "intermediate-toy_nli" in said[0] and "the tokenizer is not there yet" in said[0]


def test_a_set_that_cannot_be_read_is_one_sentence(work: Work) -> None:
    trained_tokenizer(work)
    with pytest.raises(HarnessError, match=r"^rows\.txt: line 3 is empty \(log: .*-measure\.log\)$"):
        measure_lengths(work, played("echo 'harness: error: rows.txt: line 3 is empty'; exit 1"), print)


def test_the_command_measures_and_plans(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = str(work.runs.parent / "iso.yaml")
    assert main(["plan", sweep, "--runs", str(work.runs), "--measure", "--json"]) == 0
    told = capsys.readouterr()
    assert "not measured: " in told.err
    assert len(json.loads(told.out)["phases"]) == len({identity(phase) for phase in work.plan})
