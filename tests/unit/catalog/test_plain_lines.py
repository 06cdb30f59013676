"""The user's own text: a line a text, in whatever of the 50 languages lies there."""

from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.spec.errors import HarnessError


def _rows(root: Path, *languages: str) -> list[tuple[str, str, str]]:
    data = catalog_data.pin(catalog_data.dataset("text", "train", languages), root)
    return [(language, row.id, row.text) for language, row in catalog_data.rows(data, root)]  # type: ignore[union-attr]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "sw.txt").write_bytes("\ufeffHabari ya asubuhi.\r\n\r\n Karibu sana. \r\n".encode())
    (tmp_path / "text" / "de.txt").write_text("Guten Morgen.\n")
    return tmp_path


def test_lines_are_texts_and_blank_ones_are_none(root: Path) -> None:
    assert catalog_data.present("text", "train", root) == ("de", "sw")
    assert _rows(root, "sw", "de") == [
        ("sw", "1", "Habari ya asubuhi."),
        ("sw", "3", "Karibu sana."),
        ("de", "1", "Guten Morgen."),
    ]


@pytest.mark.parametrize(("content", "sentence"), [("", "is empty"), ("\n \n", "every line is blank")])
def test_a_file_without_text_is_named(root: Path, content: str, sentence: str) -> None:
    (root / "text" / "fi.txt").write_text(content)
    with pytest.raises(HarnessError, match=rf"fi\.txt: {sentence}"):
        _rows(root, "fi")
