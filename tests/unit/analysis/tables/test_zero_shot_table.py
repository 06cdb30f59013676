"""The zero-shot gap and what was shared, from made-up results."""

from typing import Any

from harness.analysis.tables.sharing_table import sharing_tables
from harness.analysis.tables.zero_shot_table import gap, zero_shot_tables
from harness.analysis.values import Missing
from harness.spec.identity import identity


def test_the_gap_is_english_minus_the_mean_of_the_others_and_its_change_that_from_the_baseline(make: Any) -> None:
    answer = make.answer(make.study())
    point = answer.points[-1]
    cells = point.cells["udpos"]
    assert gap(point, "udpos") == cells["en"] - (cells["af"] + cells["de"] + cells["yo"]) / 3
    (table,) = zero_shot_tables(answer)
    assert table.columns == ("intermediate", "epochs", "udpos")  # tatoeba has no English
    baseline, *others = table.sections[0]
    assert baseline[2] == "0.0"
    # Made scores: at one epoch af gains 2, yo 3, the others 1 point.
    assert others[0] == ("anli", "1", "-1.0 (-1.0)")
    assert len(others) == 4


def test_a_gap_with_a_missing_language_is_missing_by_name(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    del results.scored[identity(study.points[0].leaves[0])]
    answer = make.answer(study, results)
    assert gap(answer.points[0], "udpos") == Missing("en: not scored yet")
    (table,) = zero_shot_tables(answer)
    assert table.sections[0][0][2] == "missing"


def test_without_english_there_is_no_table(make: Any) -> None:
    sweep = "name: one\nmodels: [xlm_r/base]\nintermediate: [anli]\nepochs: 1\nbatch_size: 8\n"
    answer = make.answer(make.study(f"{sweep}targets: [{{task: udpos, languages: [af, de]}}]\n"))
    assert list(zero_shot_tables(answer)) == []


def test_sharing_counts_phases_asked_for_and_done_and_flops_alone_and_spent(make: Any) -> None:
    answer = make.answer(make.study())
    (table,) = sharing_tables(answer)
    rows = {row[0]: row[1:] for row in table.sections[0]}
    # Evaluations of tatoeba have no target stage, so that the three baselines share one of them.
    assert rows == {
        "intermediate": ("12", "12", "6.60e+10", "6.60e+10", "0%"),
        "target": ("15", "15", "1.50e+11", "1.50e+11", "0%"),
        "evaluation": ("30", "28", "3.00e+07", "2.80e+07", "7%"),
    }
