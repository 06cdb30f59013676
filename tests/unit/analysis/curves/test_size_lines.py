"""Size lines: one series, one method, one way of attending; what cannot be compared is never joined."""

from pathlib import Path
from typing import Any

import pytest

from harness.analysis.figures.size_figure import size_figure
from harness.analysis.report.report import write
from harness.analysis.tables.size_table import size_tables
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: sizes
models:
  - xlm_r/base
  - xlm_r/large
  - xlm_r/xl
  - {name: base+lora, model: xlm_r/base, recipe: {lora: {rank: 8, alpha: 16}}}
  - {name: large+lora, model: xlm_r/large, recipe: {lora: {rank: 8, alpha: 16}}}
  - {name: large+thin, model: xlm_r/large, recipe: {lora: {rank: 2, alpha: 16}}}
  - qwen3/0.6b
  - qwen3/1.7b
  - qwen3/32b
  - {name: small lifted, model: qwen3/0.6b, attention: bidirectional}
  - qwen3_moe/30b-a3b
intermediate: [anli]
epochs: [1, 2]
batch_size: 8
targets: [{task: udpos, languages: [en, af, de, yo]}]
seeds: [1, 2]
split: {by: joshi}
"""
FULL, LORA = "full fine-tuning", "LoRA r=8 a=16 query+value"


@pytest.fixture
def study(make: Any) -> Any:
    return make.study(SWEEP)


def test_each_line_is_one_series_one_method_and_one_way_of_attending(make: Any, study: Any) -> None:
    found = {(line.along.models, line.along.amount): [s.model for s in line.spots] for line in make.answer(study).sizes}
    encoders, lora, decoders = f"xlm_r · encoder · {FULL}", f"xlm_r · encoder · {LORA}", f"qwen3 · decoder · {FULL}"
    assert found == {
        **{(encoders, amount): ["xlm_r/base", "xlm_r/large", "xlm_r/xl"] for amount in (1.0, 2.0)},
        **{(lora, amount): ["base+lora", "large+lora"] for amount in (1.0, 2.0)},
        **{(decoders, amount): ["qwen3/0.6b", "qwen3/1.7b"] for amount in (1.0, 2.0)},
    }


def test_curves_against_compute_hold_one_model_each(make: Any, study: Any) -> None:
    answer = make.answer(study)
    assert {curve.series.model for curve in answer.curves} == {point.at.model for point in answer.points}
    assert len({(curve.series, curve.measure) for curve in answer.curves}) == len(answer.curves)
    assert all([spot.gain.seeds for spot in curve.spots] == [2, 2] for curve in answer.curves)  # two seeds, one model


def test_the_gains_on_a_line_are_those_of_its_models(make: Any, study: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        after = any(phase.role == "intermediate" for phase in lineage(leaf))
        deep = next(iter(lineage(leaf))).start
        return 50.0 + (layers(deep) if after else 0.0)

    answer = make.answer(study, make.results(study, score))
    line = answer.sizes[0]
    assert [spot.gains["score"].mean for spot in line.spots] == [12.0, 24.0, 36.0]
    assert [spot.score.mean for spot in line.spots] == [62.0, 74.0, 86.0]
    assert [spot.baseline.mean for spot in line.spots] == [50.0] * 3


def layers(state: Any) -> float:
    while hasattr(state, "start"):
        state = state.start
    return float(state.architecture.layers)


def test_the_table_shows_total_and_active_parameters_and_who_stands_alone(make: Any, study: Any) -> None:
    (table,) = size_tables(make.answer(study))
    rows = {row[3]: dict(zip(table.columns, row, strict=True)) for rows in table.sections for row in rows}
    assert rows["xlm_r/base"]["parameters"] == rows["xlm_r/base"]["active"] == "277,453,056"
    assert any("large+thin, qwen3/32b, small lifted, qwen3_moe/30b-a3b" in note for note in table.notes)


def test_the_figure_has_a_row_of_panels_per_chain_and_a_legend_entry_per_line(make: Any, study: Any) -> None:
    answer = make.answer(study)
    figure = size_figure(answer)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0] == "score" and "gain, low-resource languages" in titles
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(labels) == len(answer.sizes) == 6
    drawn = sorted(len(container.lines[0].get_xdata()) for container in figure.axes[0].containers)
    assert drawn == [2, 2, 2, 2, 3, 3]
    assert figure.get_supxlabel().count("Low-resource: Joshi class 2 or lower") >= 1


def test_the_report_has_the_section_only_where_a_series_has_two_sizes(make: Any, study: Any, tmp_path: Path) -> None:
    several = write(make.answer(study), tmp_path / "several").markdown
    assert "Gain in points by model size" in several.read_text() and (tmp_path / "several" / "sizes.svg").exists()
    one = write(make.answer(make.study()), tmp_path / "one").markdown
    assert "model size" not in one.read_text() and not (tmp_path / "one" / "sizes.svg").exists()
