"""The heat map: one scale for all panels, languages by level, numbers where they can be read."""

from typing import Any

from matplotlib.patches import Rectangle

from harness.analysis.figures import heat_map
from harness.analysis.figures.heat_map import heat_map_figure
from harness.analysis.tables.gain_grid import gain_grids, grid_tables
from harness.spec.identity import identity


def test_a_panel_per_chain_has_english_first_then_languages_by_level(make: Any) -> None:
    answer = make.answer(make.study())
    first, second, bar = heat_map_figure(answer).axes
    assert [first.get_title(), second.get_title()] == ["xlm_r/base\nanli", "xlm_r/base\nanli+squad_v2"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["en", "de", "af", "yo"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["udpos", "tatoeba"]
    assert "percentage points" in bar.get_ylabel()
    limits = [panel.collections[0].get_clim() for panel in (first, second)]
    assert limits[0] == limits[1] and limits[0][0] == -limits[0][1]


def test_cells_have_the_mean_gain_and_blank_ones_nothing(make: Any) -> None:
    answer = make.answer(make.study())
    grid = gain_grids(answer)[0]
    own = [gain.cells["udpos"]["yo"] for gain in answer.gains if gain.at.intermediate == "anli"]
    assert grid.cells["udpos"]["yo"] == sum(own) / len(own)
    axes = heat_map_figure(answer).axes[0]
    written = {text.get_text() for text in axes.texts}
    assert f"{grid.cells['udpos']['yo']:+.1f}" in written and {"English", "high", "low", "unseen"} <= written
    assert sum(text[0] in "+-" for text in written) <= 6  # tatoeba has neither en nor yo
    (table, _) = grid_tables(gain_grids(answer))
    assert table.sections[0] == (("en", "", f"{grid.cells['udpos']['en']:+.1f}", ""),)


def test_missing_cells_are_hatched(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    leaf = next(point.leaves[0] for point in study.points if point.at.intermediate == "anli")
    del results.scored[identity(leaf)]
    first, second, _ = heat_map_figure(make.answer(study, results)).axes
    hatched = [
        [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
        for axes in (first, second)
    ]
    assert [len(found) for found in hatched] == [4, 0]


def test_too_many_cells_are_averaged_over_chains_and_written_without_numbers(make: Any, monkeypatch: Any) -> None:
    answer = make.answer(make.study())
    monkeypatch.setattr("harness.analysis.tables.gain_grid.MOST_CELLS", 11)
    monkeypatch.setattr(heat_map, "MOST_NUMBERS", 5)
    (grid,) = gain_grids(answer)
    assert grid.name == "mean over 2 chains"
    own = [gain.cells["udpos"]["de"] for gain in answer.gains]
    assert abs(grid.cells["udpos"]["de"] - sum(own) / len(own)) < 1e-9
    axes = heat_map_figure(answer).axes[0]
    assert not any(text.get_text()[0] in "+-" for text in axes.texts)
