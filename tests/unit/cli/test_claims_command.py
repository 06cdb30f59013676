"""`harness claims` on the command line: its table, its JSON, its status, and its mistakes."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.cli import main
from harness.run.track import claims
from harness.spec.claim import Claim

OF_DEV = Claim("a paper", "xlm_r/base", "udpos", 70.0, "dev", "seen", language="af")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Claim]]:
    """The figures of the catalogue, in place of its own."""
    found = [OF_DEV]
    monkeypatch.setattr(claims.find, "claims", lambda: tuple(found))
    yield found


def test_the_table_names_what_is_missing(folder: Path, published: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "real.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "udpos/af" in shown
    assert "missing: udpos: af: not evaluated yet" in " ".join(shown.split())


def test_json_has_every_field_and_counts_what_it_leaves_out(
    folder: Path, published: list[Claim], capsys: pytest.CaptureFixture[str]
) -> None:
    published.append(Claim("a paper", "bert", "udpos", 70.0, "dev", "memory"))
    assert main(["claims", "real.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["without_counterpart"] == 1
    (row,) = found["claims"]
    assert (row["theirs"], row["ours"], row["theirs_split"], row["ours_split"]) == (70.0, None, "dev", "dev")
    main(["claims", "real.yaml", "--json", "--all"])
    assert len(json.loads(capsys.readouterr().out)["claims"]) == 2


def test_facts_of_ones_own_take_the_place_of_the_catalogue(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"xtreme": {"baselines": {"XLM-R Base": {"udpos": 70.0, "provenance": "seen: a table"}}}}
    (folder / "facts.json").write_text(json.dumps(facts))
    assert main(["claims", "real.yaml", "--facts", "facts.json"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "xtreme.baselines" in shown
    assert "not compared: theirs is test, ours is dev" in shown


def test_a_figure_outside_the_tolerance_ends_with_status_1(
    folder: Path, published: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [SimpleNamespace(within=within) for within in (None, True)]
    monkeypatch.setattr(claims, "hold", lambda *given: held)
    monkeypatch.setattr(claims, "held_tables", lambda *given: iter(()))
    monkeypatch.setattr(claims, "notes", lambda *given: iter(()))
    assert main(["claims", "real.yaml", "--tolerance", "1"]) == 0
    held.append(SimpleNamespace(within=False))
    assert main(["claims", "real.yaml", "--tolerance", "1"]) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--tolerance", "-1"], "--tolerance is -1; expected points, such as 1.5"),
        (["--tolerance", "nan"], "--tolerance is nan"),
        (["--facts", "nowhere.json"], "nowhere.json: "),
    ],
)
def test_bad_input_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["claims", "real.yaml", *options]) == 2
    assert sentence in capsys.readouterr().err
