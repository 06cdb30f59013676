"""The table of gains over target_more: its rows, what it leaves out by name, and when there is none."""

from typing import Any

from harness.analysis.tables.gains_table import gains_table, target_more_tables
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: more
models: [xlm_r/base]
intermediate: [mnli, squad_v2]
epochs: [1, 2]
batch_size: 8
controls: [target_more]
targets:
  - {task: xnli, languages: [en, sw, de]}
  - {task: tatoeba, languages: [af, de], train: []}
seeds: [1, 2, 3]
"""


def score(leaf: Evaluate, language: str) -> float:
    """Over target_more 2 points, and a little by seed."""
    between = [phase for phase in lineage(leaf) if phase.role == "intermediate"]
    own = any(stage.matches for stage in between)
    wobble = 0.01 * sum(phase.recipe.seed for phase in lineage(leaf)) * (not own)
    return 60.0 + 5.0 * bool(between) + 2.0 * bool(between and not own) + wobble


def test_it_has_a_row_for_each_series_and_amount_and_says_what_it_leaves_out(make: Any) -> None:
    study = make.study(SWEEP)
    answer = make.answer(study, make.results(study, score))
    (table,) = target_more_tables(answer)
    assert table.title.startswith("Gains over target_more (the same FLOPs spent on the target's own data)")
    (rows,) = table.sections
    assert [row[:2] for row in rows] == [("mnli", "1"), ("mnli", "2"), ("squad_v2", "1"), ("squad_v2", "2")]
    assert all(row[table.columns.index("low")].startswith("+2.") for row in rows)
    assert any(note.startswith("tatoeba is not in these means: it trains on nothing") for note in table.notes)
    assert any(note.startswith("same source: xnli trains on data of mnli") for note in table.notes)
    assert "target_more" in {row[1] for row in gains_table(answer).sections[0]}


def test_a_study_without_the_control_has_no_such_table(make: Any) -> None:
    assert list(target_more_tables(make.answer(make.study()))) == []
