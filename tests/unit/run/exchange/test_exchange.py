"""Checkpoints out: what transformers loads gives our logits, labels and tokens."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from harness.cli import main
from harness.files.atomic import digest, write_json
from harness.files.layout import folder_of
from harness.files.mirror import Manifest, Mirrored, model_folder, write_manifest
from harness.run.exchange import checkpoint as exchange
from harness.spec.cluster import Placement
from harness.spec.model import Pretrained, TrainTokenizer
from harness.worker import tokenizer
from harness.worker.coder import Coder
from tests.unit.run.exchange.checkpoints import IDS, LINES, MASK, MODEL, SETS, TEXT, WORDS, export, trained


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("format_", "auto", "logits"),
    [
        ("pair", AutoModelForSequenceClassification, lambda out: out.logits),
        ("tagging", AutoModelForTokenClassification, lambda out: out.logits),
        ("span", AutoModelForQuestionAnswering, lambda out: torch.stack([out.start_logits, out.end_logits], -1)),
        ("mlm", AutoModelForMaskedLM, lambda out: out.logits),
        ("retrieval", AutoModel, lambda out: out.pooler_output),
    ],
)
def test_transformers_gives_our_logits(
    runs: Path, tmp_path: Path, format_: str, auto: type[AutoModel], logits: Callable[[object], torch.Tensor]
) -> None:
    phase, network = trained(runs, format_)
    export(runs, phase, tmp_path / "out")
    theirs = auto.from_pretrained(tmp_path / "out").eval()  # type: ignore[attr-defined]
    with torch.no_grad():
        states = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        read = states[:, 0] if format_ in ("pair", "retrieval") else states
        ours = network.heads[SETS[format_].task](read)
        found = logits(theirs(input_ids=IDS, attention_mask=MASK))
    real = slice(None) if format_ in ("pair", "retrieval") else MASK.bool()
    torch.testing.assert_close(found[real], ours[real], rtol=1e-5, atol=1e-5)


def test_choices_score_alike(runs: Path, tmp_path: Path) -> None:
    phase, network = trained(runs, "choice")
    export(runs, phase, tmp_path / "out")
    theirs = AutoModelForMultipleChoice.from_pretrained(tmp_path / "out").eval()
    with torch.no_grad():
        states = network.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        ours = network.heads["choose"](states[:, 0]).flatten()
        found = theirs(input_ids=IDS[None], attention_mask=MASK[None]).logits[0]
    torch.testing.assert_close(found, ours, rtol=1e-5, atol=1e-5)


def test_labels_keep_their_names(runs: Path, tmp_path: Path) -> None:
    phase, _ = trained(runs, "pair")
    export(runs, phase, tmp_path / "out")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    assert model.config.id2label == {0: "no", 1: "maybe", 2: "yes"}


def test_the_tokenizer_writes_pairs_as_the_worker_does(runs: Path, tmp_path: Path) -> None:
    phase, _ = trained(runs, "pair")
    export(runs, phase, tmp_path / "out")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out")
    coder = Coder.load(folder_of(runs, WORDS).weights / "tokenizer.json")
    first, second = (piece.ids for piece in coder.pieces(LINES[:2]))
    assert theirs(LINES[0])["input_ids"] == coder.single(first).tolist()
    assert theirs(LINES[0], LINES[1])["input_ids"] == coder.double(first, second).tolist()
    assert (theirs.pad_token_id, theirs.mask_token_id) == (coder.padding, coder.mask)


def test_subwords_are_cut_as_the_worker_cuts_them(tmp_path: Path) -> None:
    lines = [f"{word} {other} unter den Linden" for word in ("Haus", "Maus", "Laus") for other in ("Baum", "Traum")]
    file = tokenizer.train(TrainTokenizer("unigram", 60, (TEXT,)), lines, tmp_path / "weights")
    (tmp_path / "out").mkdir()
    told = exchange._with_special_tokens(json.loads(file.read_text()))
    (tmp_path / "out" / "tokenizer.json").write_text(json.dumps(told))
    (tmp_path / "out" / "tokenizer_config.json").write_text(json.dumps(exchange._tokenizer_config(MODEL)))
    theirs, coder = AutoTokenizer.from_pretrained(tmp_path / "out"), Coder.load(file)
    for text in (*lines, "Raum  mit   Luft", "ﬁ ①"):
        assert theirs(text)["input_ids"] == coder.single(coder.pieces([text])[0].ids).tolist()


def test_a_published_models_tokenizer_comes_from_the_mirror_of_the_phases_data_folder(
    runs: Path, tmp_path: Path
) -> None:
    trained(runs, "pair")
    own = folder_of(runs, WORDS).weights / "tokenizer.json"
    model = Pretrained("someone/tiny", "0" * 40, MODEL)
    mirror = tmp_path / "data" / model_folder(model.hub_id, model.revision)
    mirror.mkdir(parents=True)
    shutil.copy(own, mirror)
    write_manifest(mirror, Manifest(model.hub_id, model.revision, {"tokenizer.json": _mirrored(own)}))
    phase, _ = trained(runs, "pair", start=model)
    placement = Placement("cpu", 1, 0, "zero0", 8, 1, 1024, 60, str(tmp_path / "data"))
    write_json(folder_of(runs, phase).placement_file, placement)
    export(runs, phase, tmp_path / "out")
    assert AutoTokenizer.from_pretrained(tmp_path / "out")(LINES[0])["input_ids"][0] == 0


def _mirrored(file: Path) -> Mirrored:
    return Mirrored(digest(file), file.stat().st_size)


def test_of_several_heads_one_is_named_or_none_is_written(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phase, _ = trained(runs, "pair", "mlm")
    export(runs, phase, tmp_path / "bare")
    assert json.loads((tmp_path / "bare" / "config.json").read_text())["architectures"] == ["XLMRobertaModel"]
    export(runs, phase, tmp_path / "nli", "--head", "nli")
    assert "XLMRobertaForSequenceClassification" in capsys.readouterr().out
    line = ["export", "checkpoint", folder_of(runs, phase).id, "--to", str(tmp_path / "x"), "--runs", str(runs)]
    assert main([*line, "--head", "tags"]) == 2
    assert "there is no head 'tags' in this phase; its heads: nli, mlm" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["unfinished", "released", "used", "unknown"])
def test_what_cannot_be_exported(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str) -> None:
    phase, _ = trained(runs, "pair")
    folder, to = folder_of(runs, phase), tmp_path / "out"
    match state:
        case "unfinished":
            folder.record_file.unlink()
        case "released":
            shutil.rmtree(folder.weights)
        case "used":
            to.mkdir()
            (to / "notes.txt").write_text("mine")
    name = "ffffffff" if state == "unknown" else folder.id
    assert main(["export", "checkpoint", name, "--to", str(to), "--runs", str(runs)]) == 2
    said = capsys.readouterr().err
    sentences = {
        "unfinished": "is not finished",
        "released": f"its weights were released; `harness retry {folder.id}`",
        "used": "is not empty; name a new folder",
        "unknown": "no phase has the id 'ffffffff'",
    }
    assert sentences[state] in said
    assert not (to / "config.json").exists()
