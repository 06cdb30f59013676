"""The same figure has the same bytes, whatever its layout comes to in the last digits."""

import re
from pathlib import Path

from matplotlib.figure import Figure

from harness.analysis.figures.drawing import draw


def drawn(folder: Path, moved: float) -> str:
    figure = Figure()
    figure.add_axes((0.1 + moved, 0.1, 0.3, 0.8)).plot([0, 1])
    figure.add_axes((0.6, 0.1 + moved, 0.3, 0.8)).plot([1, 0])
    folder.mkdir()
    return draw(figure, folder / "figure")[1].read_text()


def test_clip_paths_are_called_by_number(tmp_path: Path) -> None:
    text = drawn(tmp_path / "a", 0.0)
    assert text == drawn(tmp_path / "b", 1e-15)
    assert set(re.findall(r'clipPath id="(\w+)"', text)) == {"clip0", "clip1"}
    assert set(re.findall(r"url\(#(clip\w+)\)", text)) == {"clip0", "clip1"}
