"""Features change only with a version: those of made-up rows are compared, task by task, with what was kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import find
from harness.worker import coder as coder_module
from tests.golden.fingerprints import SENTENCES, coder, fingerprints, made_up, mistakes

FEATURES = Path(__file__).with_name("features.json")


def kept() -> dict[str, Any]:
    """What was kept; nothing where the file was removed to be written anew."""
    found: dict[str, Any] = json.loads(FEATURES.read_text()) if FEATURES.exists() else {}
    return found


def test_features_are_those_that_were_kept() -> None:
    assert mistakes(kept(), fingerprints()) == []


def test_every_task_has_a_fingerprint_of_its_own_format() -> None:
    assert set(fingerprints()) == set(find.task_names())
    assert {len(made_up(find.task(name).format, ("x", "y"))) for name in find.task_names()} == {2 * len(SENTENCES)}


def test_the_tokenizer_knows_every_character_and_joins_some() -> None:
    for piece, sentence in zip(coder().pieces(list(SENTENCES.values())), SENTENCES.values(), strict=True):
        assert coder().tokenizer.token_to_id("<unk>") not in piece.ids
        assert len(sentence) / 2 < len(piece.ids) < len(sentence)


ENTRY = {"version": 1, "numerics": 2, "digest": "a"}


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (ENTRY, ENTRY | {"digest": "b"}, "raise the task's version or the format's NUMERICS, then run"),
        (ENTRY, ENTRY | {"digest": "b", "version": 2}, "its version or its format's NUMERICS changed; run"),
        (ENTRY, ENTRY | {"numerics": 3}, "its version or its format's NUMERICS changed; run"),
        (ENTRY, ENTRY | {"digest": "b", "version": 0}, "raise the task's version"),
        (None, ENTRY, "has no fingerprint; run"),
        (ENTRY, None, "is no longer in the catalogue; run"),
    ],
)
def test_each_change_is_told_apart(before: Any, after: Any, sentence: str) -> None:
    given = [{} if each is None else {"t": each} for each in (before, after)]
    (found,) = mistakes(*given)
    assert found.startswith("t: ")
    assert sentence in found


def test_a_change_in_encoding_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprints()
    monkeypatch.setattr(coder_module.Coder, "around_two", 5)
    changed = {name for name, entry in fingerprints().items() if entry["digest"] != before[name]["digest"]}
    assert {"xnli", "siqa"} <= changed
    assert "udpos" not in changed
    monkeypatch.undo()
    monkeypatch.setattr(coder_module.Coder, "single", lambda self, ids: ids)
    assert fingerprints()["udpos"] != before["udpos"]
