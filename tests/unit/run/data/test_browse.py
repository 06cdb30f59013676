"""What `harness data` prints, and the glossed rows that a report shows."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.analysis.report.compose import Beside
from harness.analysis.report.report import write
from harness.catalog import find
from harness.run.data.browse import glossed, show_task
from harness.spec.errors import HarnessError

SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [anli]
epochs: 1
batch_size: 8
targets: [{task: toy_senses, languages: [en, ha, za]}, {task: toy_qa, languages: [en]}]
"""


def shown(name: str, rows: int = 2, root: Path | None = None) -> str:
    console = Console(file=io.StringIO(), width=140)
    show_task(name, root, rows, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.fixture
def glossing(monkeypatch: pytest.MonkeyPatch) -> None:
    """toy_senses with a gloss: each word's last letter and the language."""
    known = find.task
    toy = replace(known("toy_senses"), gloss=lambda code, text: " ".join(f"{word[-1]}-{code}" for word in text.split()))
    monkeypatch.setattr(find, "task", lambda name: toy if name == "toy_senses" else replace(known(name), gloss=None))


def test_a_task_is_shown_with_its_format_metric_counts_and_rows(glossing: None) -> None:
    text = shown("toy_senses")
    assert text.startswith("toy_senses: format tagging, metric tagging_f1\n")
    assert "evaluated on 'test'" in text
    columns = next(line for line in text.splitlines() if line.split() == ["language", "train", "dev", "test"])
    counts = [line.split() for line in text[text.index(columns) :].splitlines() if line.split()[1:] == ["200"] * 3]
    assert [row[0] for row in counts] == list(find.task("toy_senses").languages)
    for language in find.task("toy_senses").languages:
        assert all(f"{language}, row {number}" in text for number in (0, 1))
    assert "row 2" not in text


def test_words_stand_above_their_glosses(glossing: None) -> None:
    lines = shown("toy_senses", rows=1).splitlines()
    at = lines.index("ha, row 0")
    words, glosses = lines[at + 1], lines[at + 2]
    assert words.split()[0] == "words"
    assert [f"{word[-1]}-ha" for word in words.split()[1:]] == glosses.split()
    for word, gloss in zip(words.split()[1:], glosses.split(), strict=True):
        assert glosses.index(gloss) >= 0
        assert words.find(f" {word}") >= 0
    assert words.index(words.split()[-1], 9) == len(glosses.rstrip()) - len(glosses.split()[-1])


@pytest.mark.parametrize(
    ("name", "rows", "root", "sentence"),
    [
        ("toy_aq", 1, None, "did you mean 'toy_qa'"),
        ("toy_qa", 0, None, "--rows is 0"),
        ("toy_qa", 10**20, None, "--rows is 1000.*; at least 1 row and at most 10000 of each language"),
        ("toy_qa", 1, Path("nowhere"), "nowhere: no such data folder"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(name: str, rows: int, root: Path | None, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        shown(name, rows, root)


def test_a_task_whose_files_are_not_there_says_so(tmp_path: Path) -> None:
    assert "No rows are at hand without a data folder" in shown("anli")
    assert f"No rows are at hand below {tmp_path}" in shown("anli", root=tmp_path)


def test_the_report_shows_one_row_of_each_target_with_glosses(glossing: None, make: Any, tmp_path: Path) -> None:
    study = make.study(SWEEP)
    examples = glossed(study, None)
    assert list(examples) == ["toy_senses"]
    assert {language: [row.id for row in rows] for language, rows in examples["toy_senses"].items()} == {
        "en": ["0"],
        "ha": ["0"],
        "za": ["0"],
    }
    text = write(make.answer(study), tmp_path / "with", Beside(examples)).markdown.read_text()
    section = text[text.index("## What the languages look like") :]
    assert "toy_senses: one row" in section
    assert all(f"{language}, row 0" in section for language in ("en", "ha", "za"))
    assert "-za" in section
    assert "What the languages look like" not in write(make.answer(study), tmp_path / "without").markdown.read_text()
