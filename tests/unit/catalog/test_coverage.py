"""Rows at hand against the published ones, counted only where reading would not insist on their number."""

import pytest

from harness.catalog import find
from harness.catalog.coverage import shortfall
from harness.catalog.sources import aligned_lines
from harness.catalog.sources.published import Files, Layout


@pytest.mark.parametrize(
    ("rows", "insisted", "told"),
    [
        (1_000, None, "1,000 of 5,440 published rows"),
        (5_440, None, None),
        (6_000, None, "6,000 rows, not 5,440"),
        (7, 5_440, None),  # some are left out by design of a file that was read whole
        (7, 1_000, "1,000 of 5,440 published rows"),
    ],
)
def test_a_difference_is_told(tmp_path, rows, insisted, told):
    (tmp_path / "part").write_text("a\n")
    counts = {"test": {"en": insisted}} if insisted else {}
    whole = Layout(("test",), ("absent",), aligned_lines.read, {"test": {"en": 5_440}})
    source = Files((whole, Layout(("test",), ("part",), aligned_lines.read, counts)), ("en",))
    assert shortfall(source, tmp_path, ("test", "en"), lambda: rows) == told
    assert shortfall(source, None, ("test", "en"), lambda: rows) is None


def test_english_treebanks_by_themselves_are_a_part(data_folder):
    source = find.task("udpos").source
    told = shortfall(source, data_folder, ("test", "en"), lambda: len(list(source.rows(data_folder, "test", "en"))))
    assert told == "2,077 of 5,440 published rows"
