"""Registered models: what transformers loads from a version, its card, and that the same twice is one version."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from transformers import AutoModelForSequenceClassification

from harness.cli import main
from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.run.exchange import register as registering
from harness.run.exchange.card import Evaluated, card, score_tables
from harness.run.exchange.register import LONGEST, Wanted, register, shortened
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, Train
from harness.spec.record import LanguageScore, Scores
from harness.spec.task import Data, Part
from tests.unit.run.exchange.checkpoints import RECIPE, SETS, START, trained

TEST = Data("nli", 1, "pair", "test", (Part("de"), Part("sw")), ("no", "maybe", "yes"))


def scored(runs: Path, phase: Train, german: float) -> Evaluate:
    """An evaluation of `phase` in German; Swahili is missing."""
    leaf = Evaluate(phase, TEST)
    scores = {"de": LanguageScore({"score": german}, 33.3, 10)}
    write_json(folder_of(runs, leaf).phase_file, leaf)
    made = Scores(identity(leaf), "nli", "made", 1, {}, {}, scores, {"sw": "its labels are hidden"})
    write_json(folder_of(runs, leaf).scores_file, made)
    return leaf


def changed(folder: PhaseFolder, **what: Any) -> None:
    record = folder.record()
    assert record
    write_json(folder.record_file, dataclasses.replace(record, **what))


def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/mlflow.db"


def test_a_version_is_what_transformers_loads_with_its_card_and_the_same_twice_is_one(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair")
    scored(runs, phase, 71.25)
    wanted = Wanted(identity(phase)[:6], "ours")
    assert register(runs, wanted, uri(tmp_path)) == (1, True)
    client = MlflowClient(tracking_uri=uri(tmp_path))
    version = client.get_model_version("ours", "1")
    assert version.tags["harness.id"] == identity(phase)
    there = Path(client.download_artifacts(version.run_id, "model", str(tmp_path)))
    assert AutoModelForSequenceClassification.from_pretrained(there).config.id2label == {0: "no", 1: "maybe", 2: "yes"}
    assert Path(version.source.removeprefix("file://")).is_dir()
    told = (there / "README.md").read_text()
    assert told == version.description
    assert "| de | 71.2 |" in told
    assert "| sw | missing |" in told
    assert "sw, seed 1" in told
    assert "its labels are hidden" in told

    assert register(runs, wanted, uri(tmp_path)) == (1, False)
    scored(runs, phase, 80.0)
    assert register(runs, wanted, uri(tmp_path)) == (1, False), "the weights are the same; only its card is another"
    assert "| de | 80.0 |" in client.get_model_version("ours", "1").description
    changed(folder_of(runs, phase), outputs={"weights/model.safetensors": "0" * 64})
    assert register(runs, wanted, uri(tmp_path)) == (2, True), "other weights"
    assert not list(runs.glob(".register-*"))


def test_what_was_uploaded_by_a_command_that_was_cut_short_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*of: Any, **more: Any) -> None:
        raise ConnectionError("the server is away")

    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair")
    wanted = Wanted(identity(phase), "ours")
    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "create_model_version", cut)
        with pytest.raises(HarnessError, match="the server is away; nothing is lost, the same command goes on"):
            register(runs, wanted, uri(tmp_path))
    monkeypatch.setattr(registering, "export_checkpoint", cut)
    assert register(runs, wanted, uri(tmp_path)) == (1, True)


def test_of_an_upload_that_was_cut_short_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*of: Any, **more: Any) -> None:
        raise ConnectionError("the server is away")

    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair")
    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "log_artifacts", cut)
        with pytest.raises(HarnessError, match="the server is away"):
            register(runs, Wanted(identity(phase), "ours"), uri(tmp_path))
    (runs / ".register-killed" / "model").mkdir(parents=True)
    assert register(runs, Wanted(identity(phase), "ours"), uri(tmp_path)) == (1, True)
    client = MlflowClient(tracking_uri=uri(tmp_path))
    (run,) = client.search_runs([client.get_experiment_by_name("models").experiment_id])
    assert run.info.run_id == client.get_model_version("ours", "1").run_id
    assert not list(runs.glob(".register-*"))


def test_what_cannot_be_registered_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair")
    leaf = scored(runs, phase, 50.0)
    line = ["--runs", str(runs), "--mlflow", uri(tmp_path)]
    assert main(["register", identity(leaf), "--as", "ours", *line]) == 2
    assert "is no training phase, so it has no model to register" in capsys.readouterr().err
    for name in ("a/b", "a:b", "it's", " ", ""):
        assert main(["register", identity(phase), "--as", name, *line]) == 2
        assert "is no name for a model" in capsys.readouterr().err
    assert main(["register", identity(phase), "--as", "ours", "--head", "none", *line]) == 2
    assert "there is no head 'none'" in capsys.readouterr().err
    assert not MlflowClient(uri(tmp_path)).search_registered_models(), "no name without a version is left behind"
    folder_of(runs, phase).record_file.unlink()
    assert main(["register", identity(phase), "--as", "ours", *line]) == 2
    assert "is not finished; run it first" in capsys.readouterr().err


def test_a_card_says_lineage_recipe_cost_limits_and_licences(tmp_path: Path) -> None:
    first, _ = trained(tmp_path, "pair")
    second, _ = trained(tmp_path, "tagging", start=first)
    changed(folder_of(tmp_path, second), energy_joules=7.2e6, wall_seconds=90.0, notes=("a part of it was empty",))
    told = card("ours", folder_of(tmp_path, second), second, ())
    assert "the last of 2 stages" in told
    assert told.index(identity(first)) < told.index(f"1. intermediate-tags `{identity(second)}`")
    assert json.loads(told.split("```json\n")[1].split("```")[0])["batch_size"] == 8
    assert "| 1 min 30 s | 2 |" in told
    assert "| missing | missing |" in told, "neither time nor energy of the first stage is known"
    assert "- a part of it was empty" in told
    assert "- model: drawn from a seed here" in told
    assert "No evaluation of it" in told


def test_evaluations_are_columns_by_task_and_what_is_missing_has_its_reason() -> None:
    leaf = Evaluate(Train(START, (SETS["pair"],), RECIPE, "target"), TEST)
    scores = Scores("", "nli", "made", 1, {}, {}, {"de": LanguageScore({"score": 60.0}, 33.3, 10)}, {})
    one, two = Evaluated("one", leaf, scores), Evaluated("two", leaf, None)
    (table,) = score_tables((one, two))
    assert table.columns == ("language", "one", "two")
    assert table.sections == ((("de", "60.0", "missing"), ("sw", "missing", "missing")),)
    assert table.notes == (
        "missing: sw, one: this evaluation has no rows of it",
        "missing: de, two: not evaluated yet",
        "missing: sw, two: not evaluated yet",
    )


def test_a_long_card_is_cut_at_a_line_and_says_where_the_whole_is() -> None:
    long = "word word\n" * LONGEST
    cut = shortened(long)
    assert len(cut) < LONGEST + 100
    assert cut.endswith("word word\n\n(The whole card is `README.md` of the artifacts.)")
    assert shortened("short") == "short"
