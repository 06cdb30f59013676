"""`harness data fetch` against a small hub on this machine: resumed, verified, and used without a network."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_hub import FakeHub, serving

from harness import cli
from harness.catalog import find
from harness.catalog.sources import hubs
from harness.files.layout import usable_runs
from harness.files.mirror import MANIFEST, mirrored_model
from harness.plan.dag import plan
from harness.run.data import hub as hub_module
from harness.run.data.at_hand import check_models
from harness.run.study import open_study
from harness.spec.errors import HarnessError

XLM_R = find.model("xlm_r/base")
MODEL = f"models/{XLM_R.hub_id}/{XLM_R.revision}"
PAIRS = f"hub/{hubs.XTREME.repo}/{hubs.XTREME.revision}"
TATOEBA = "tatoeba.afr/validation-00000-of-00001.parquet"
SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [anli]
epochs: 1
batch_size: 8
targets: [{task: tatoeba, languages: [af], train: []}]
"""


@pytest.fixture
def the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """All that the sweep needs, in files of a few bytes, and more that it does not."""
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    rows = {
        "source_sentence": [f"Sin nommer {n}.\n" for n in range(1000)],
        "target_sentence": [f"Sentence {n}.\n" for n in range(1000)],
        "target_lang": ["eng"] * 1000,
    }
    pq.write_table(pa.table(rows), tmp_path / "made.parquet")
    files = {
        hubs.XTREME.repo: {TATOEBA: (tmp_path / "made.parquet").read_bytes(), "tatoeba.afr/notes.md": b"no"},
        hubs.ANLI.repo: {f"plain_text/train_r{n}-00000-of-00001.parquet": b"round %d" % n * 99 for n in (1, 2, 3)},
        str(XLM_R.hub_id): {
            "model.safetensors": b"weights" * 1000,
            "config.json": b"{}",
            "tokenizer.json": b'{"version": "1.0"}',
            "pytorch_model.bin": b"not asked for",
            "onnx/config.json": b"not asked for",
        },
    }
    made = FakeHub(files, small={"config.json", "tokenizer.json"})
    with serving(made, monkeypatch):
        yield made


@pytest.fixture
def fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    (tmp_path / "made.yaml").write_text(SWEEP)

    def run() -> tuple[int, str]:
        place = ["--data", str(tmp_path / "data"), "--runs", str(tmp_path / "runs")]
        status = cli.main(["data", "fetch", str(tmp_path / "made.yaml"), *place])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run  # type: ignore[return-value]


def test_what_a_sweep_needs_is_mirrored_and_nothing_else(the_hub, fetch, tmp_path):
    status, said = fetch()
    assert status == 0, said
    folder = tmp_path / "data" / MODEL
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        MANIFEST,
        "model.safetensors",
        "tokenizer.json",
    ]
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["files"]["model.safetensors"]["bytes"] == 7000
    assert set(manifest["files"]) == {"config.json", "model.safetensors", "tokenizer.json"}
    assert "notes.md" not in the_hub.served
    assert "model.safetensors, 0.0 MB" in said


def test_mirrored_rows_are_read_and_a_second_fetch_asks_for_nothing(the_hub, fetch, tmp_path, monkeypatch):
    fetch()
    served = len(the_hub.served)
    monkeypatch.setattr(hub_module, "listed", lambda *given: pytest.fail("the network was used"))
    status, said = fetch()
    assert (status, len(the_hub.served)) == (0, served), said
    rows = list(find.task("tatoeba").source.rows(tmp_path / "data", "test", "af"))
    assert rows[3] == ("3", "Sentence 3.", "Sin nommer 3.", ("3",), None)


def test_a_broken_transfer_leaves_no_manifest_and_the_next_fetch_goes_on(the_hub, fetch, tmp_path):
    the_hub.broken = {"model.safetensors"}
    status, said = fetch()
    assert status == 1
    assert "FacebookAI/xlm-roberta-base@e73636d4: cannot be fetched" in said
    assert not (tmp_path / "data" / MODEL / MANIFEST).exists()
    with pytest.raises(HarnessError, match="its fetch did not end; `harness data fetch` again"):
        mirrored_model(tmp_path / "data", str(XLM_R.hub_id), str(XLM_R.revision))
    assert (tmp_path / "data" / PAIRS / MANIFEST).exists(), "the others were fetched all the same"
    the_hub.broken, the_hub.served = set(), []
    assert fetch()[0] == 0
    assert the_hub.served.count("model.safetensors") == 1
    assert set(the_hub.served) <= {"model.safetensors", "tokenizer.json"}, "what had arrived was kept"


def test_bytes_that_the_hub_does_not_list_are_refused(the_hub, fetch, tmp_path):
    the_hub.damaged = {TATOEBA}
    status, said = fetch()
    assert status == 1
    assert f"{TATOEBA}: what arrived is not what google/xtreme@ec5f1f46 lists, and was removed" in said
    assert not (tmp_path / "data" / PAIRS / TATOEBA).exists()


def test_a_damaged_file_is_named_refused_and_replaced_alone(the_hub, fetch, tmp_path, capsys):
    fetch()
    file = tmp_path / "data" / PAIRS / TATOEBA
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    with pytest.raises(HarnessError, match=rf"{TATOEBA}: is damaged: its SHA-256 begins with .* `harness data fetch`"):
        list(find.task("tatoeba").source.rows(tmp_path / "data", "test", "af"))
    assert cli.main(["data", "status", "tatoeba", "--data", str(tmp_path / "data")]) == 1
    assert "is damaged" in capsys.readouterr().out
    the_hub.served = []
    assert fetch()[0] == 0
    assert the_hub.served == [TATOEBA]
    assert file.read_bytes() == content


def test_what_another_sweep_fetches_is_added_to_the_manifest(the_hub, fetch, tmp_path):
    fetch()
    the_hub.files[hubs.XTREME.repo]["tatoeba.deu/validation-00000-of-00001.parquet"] = b"more"
    (tmp_path / "made.yaml").write_text(SWEEP.replace("languages: [af]", "languages: [de]"))
    assert fetch()[0] == 0
    files = json.loads((tmp_path / "data" / PAIRS / MANIFEST).read_text())["files"]
    assert set(files) == {TATOEBA, "tatoeba.deu/validation-00000-of-00001.parquet"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["fetch"], "data fetch takes one sweep file, and the folder to fetch into: --data DIR"),
        (["fetch", "made.yaml"], "the folder to fetch into: --data DIR"),
        (["xnli", "pawsx"], "data shows one task at a time; what is 'pawsx' for, after 'xnli'?"),
    ],
)
def test_a_command_that_cannot_be_done_is_one_sentence(line, sentence, capsys):
    assert cli.main(["data", *line]) == 2
    assert sentence in capsys.readouterr().err


def test_a_file_that_the_revision_lacks_is_named(the_hub, fetch):
    the_hub.files[hubs.ANLI.repo].pop("plain_text/train_r2-00000-of-00001.parquet")
    status, said = fetch()
    assert status == 1
    assert "facebook/anli@8e4813d8: no file is called plain_text/train_r2-*.parquet; found plain_text/train_r1" in said


def test_a_model_that_nobody_pinned_is_said_and_the_rest_fetched(the_hub, fetch, tmp_path, monkeypatch):
    monkeypatch.setattr(find, "model", lambda name: replace(XLM_R, revision=None))
    status, said = fetch()
    assert status == 1
    assert f"not fetched: model '{XLM_R.hub_id}': its revision is not pinned" in said
    assert (tmp_path / "data" / PAIRS / TATOEBA).exists()
    assert not (tmp_path / "data" / "models").exists()


def test_files_that_are_at_hand_are_not_fetched_and_what_no_hub_has_is_said(the_hub, fetch, tmp_path):
    rounds = tmp_path / "data" / "anli_v1.0"
    for number in (1, 2, 3):
        (rounds / f"R{number}").mkdir(parents=True)
        (rounds / f"R{number}" / "train.jsonl").write_text("{}\n")
    (tmp_path / "made.yaml").write_text(SWEEP.replace("train: []}", "train: []}, {task: udpos, languages: [wo, yo]}"))
    status, said = fetch()
    assert status == 1
    assert "task 'udpos', split test, wo, yo: the hub has no copy with the same rows" in said
    assert not (tmp_path / "data" / "hub" / hubs.ANLI.repo).exists()


@pytest.mark.parametrize("faults", [[500, 502, 429], [503], [0, 0], [429, 0, 504]])
def test_a_hub_that_is_overloaded_or_away_for_a_while_is_asked_again(the_hub, fetch, tmp_path, faults):
    the_hub.faults = list(faults)
    status, said = fetch()
    assert status == 0, said
    assert the_hub.faults == []
    assert (tmp_path / "data" / MODEL / MANIFEST).exists()


def test_a_hub_that_stays_away_is_one_sentence_and_what_it_asks_to_wait_is_waited(
    the_hub, fetch, tmp_path, monkeypatch
):
    waited: list[float] = []
    monkeypatch.setattr("harness.run.data.patience.time.sleep", waited.append)
    the_hub.faults = [429] * 1000
    status, said = fetch()
    assert status == 1
    assert said.count("cannot be fetched") == 3
    assert "Traceback" not in said
    assert 7.0 in waited
    assert not list((tmp_path / "data").rglob(MANIFEST))


def test_what_is_not_there_is_not_asked_for_again(the_hub, fetch, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("harness.run.data.patience.time.sleep", waited.append)
    the_hub.faults = [404, 404, 404]
    assert fetch()[0] == 1
    assert waited == []


@pytest.mark.parametrize("name", ["../../outside.json", "/outside.json", "a/../../../outside.json"])
def test_a_hub_cannot_name_files_outside_of_the_mirror(the_hub, fetch, tmp_path, name):
    the_hub.files[str(XLM_R.hub_id)][name] = b"{}"
    the_hub.lies = {name}
    status, said = fetch()
    assert status == 1
    assert "is no path below a folder" in said
    assert not list(tmp_path.rglob("outside.json"))


def test_models_at_hand_are_not_asked_for_and_others_are_one_sentence_before_a_launch(
    the_hub, fetch, tmp_path, monkeypatch
):
    phases = plan(open_study(tmp_path / "made.yaml", None, usable_runs(tmp_path / "runs")).leaves)
    monkeypatch.setattr("harness.run.data.patience.time.sleep", lambda seconds: None)
    check_models(phases, None)  # the hub answers
    assert fetch()[0] == 0
    the_hub.faults = [503] * 1000
    before = len(the_hub.faults)
    check_models(phases, tmp_path / "data")
    assert len(the_hub.faults) == before, "the hub was asked"
    with pytest.raises(HarnessError, match=r"is neither mirrored below .* and the hub does not answer; .*data fetch"):
        check_models(phases, None)
