"""The table of gains: what is marked, what is said in words, and what accident would mark."""

from typing import Any

import pytest

from harness.analysis.table import Table
from harness.analysis.tables.gains_table import gains_table
from harness.analysis.tables.point_tables import slopes
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: gains
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10]
batch_size: [8, 16]
hold: epochs
controls: [shuffled_labels]
targets: [{task: udpos, languages: [en, af, de, yo]}]
seeds: [1, 2, 3]
"""
RETRIEVING = SWEEP.replace("yo]}]", "yo]}, {task: tatoeba, languages: [af, de], train: []}]")


def made(make: Any, gain_of: dict[str, float], text: str = SWEEP) -> Any:
    """Gains of so many points by language, with a deviation of 0.1 over seeds; languages not named have noise alone."""

    def score(leaf: Evaluate, language: str) -> float:
        stages = list(lineage(leaf))
        seed = stages[0].recipe.seed if stages else 0
        return 50.0 + (len(stages) > 1) * (gain_of.get(language, 0.0) + 0.1 * (seed - 2))

    study = make.study(text)
    return make.answer(study, make.results(study, score))


def verdicts(table: Table) -> list[str]:
    return [row[-1] for row in table.sections[0]]


def test_one_row_per_series_and_amount_with_english_first(make: Any) -> None:
    table = gains_table(made(make, {}))
    assert table.columns == ("intermediate", "control", "epochs", "batch", "en", "high", "low", "unseen", "verdict")
    assert [row[1:4] for row in table.sections[0]] == [
        (control, epochs, batch)
        for batch in ("8", "16")
        for control in ("", "shuffled_labels")
        for epochs in ("1", "10")
    ]
    assert table.sections[0][0][4] == "+0.0 [-0.2, +0.2]"


@pytest.mark.parametrize(
    ("gain_of", "verdict"),
    [
        ({}, "within noise"),
        ({"en": 2.0}, "rises"),
        ({"en": 2.0, "af": 1.0}, "rises"),
        ({"yo": -2.0}, "falls"),
        ({"en": 2.0, "yo": -2.0}, "mixed"),
    ],
)
def test_the_last_word_says_what_the_marked_cells_do(make: Any, gain_of: dict[str, float], verdict: str) -> None:
    table = gains_table(made(make, gain_of))
    assert set(verdicts(table)) == {verdict}
    marks = sum(cell.endswith("*") for row in table.sections[0] for cell in row)
    assert marks == 8 * len(gain_of)
    assert f"{marks} of 32 cells" in table.notes[0]
    assert "about 1.6 would be marked by accident" in table.notes[0]
    assert any("can be told from noise" in note for note in table.notes) is (marks == 0)


def test_one_seed_marks_nothing_and_says_why(make: Any) -> None:
    table = gains_table(made(make, {"en": 5.0}, SWEEP.replace("[1, 2, 3]", "1")))
    assert set(verdicts(table)) == {"one seed"}
    assert table.notes == ("no intervals, so nothing can be told from noise",)


def test_a_missing_score_makes_its_cell_and_the_verdict_missing(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study)
    del results.scored[identity(next(point for point in study.points if point.at.on_axes).leaves[0])]
    table = gains_table(make.answer(study, results))
    assert table.sections[0][0][4:] == ("missing",) * 5
    assert "missing" not in verdicts(table)[1:]


def test_english_has_a_verdict_of_its_own_for_each_series_that_is_no_control(make: Any) -> None:
    notes = [note for note in slopes(made(make, {"en": 2.0})).notes if note.startswith("English, ")]
    assert [note.split(": ")[0] for note in notes] == ["English, anli · batch 8", "English, anli · batch 16"]
    assert all(
        note.endswith(": +0.0 points per tenfold compute; no interval: the seeds agree exactly") for note in notes
    )


def test_over_target_seeds_the_intervals_speak_of_the_checkpoints_and_no_accidents_are_counted(make: Any) -> None:
    table = gains_table(made(make, {"en": 2.0}, RETRIEVING.replace("[1, 2, 3]", "{target: [1, 2, 3]}")))
    assert table.title == "Gains over the baseline in points: mean over target seeds [95 % interval]"
    assert not any("accident" in note for note in table.notes)
    assert (
        "pretraining and intermediate training were done once each: the intervals speak of these checkpoints, not of "
        "another run; tatoeba, which has no training of its own, does not vary at all"
    ) in table.notes


@pytest.mark.parametrize(
    ("seeds", "over", "outside"),
    [
        ("[1, 2, 3]", "pairs of intermediate and target seeds", "of these pretrained models, not of others"),
        ("{intermediate: [1, 2, 3], target: [1, 2]}", "intermediate seeds", "share their baselines"),
        ("{target: [1, 2]}", "target seeds", "not of another run"),
    ],
)
def test_the_title_names_the_seeds_and_one_note_what_they_leave_out(
    make: Any, seeds: str, over: str, outside: str
) -> None:
    table = gains_table(made(make, {}, SWEEP.replace("[1, 2, 3]", seeds)))
    assert table.title.endswith(f": mean over {over} [95 % interval]")
    assert [outside in note for note in table.notes].count(True) == 1
    assert slopes(made(make, {}, SWEEP.replace("[1, 2, 3]", seeds))).title.endswith(f"mean over {over} [95 % interval]")


def test_the_tasks_behind_the_columns_are_named_where_they_differ(make: Any) -> None:
    told = [note for note in gains_table(made(make, {}, RETRIEVING)).notes if "behind the columns" in note]
    assert told == ["tasks behind the columns: en, unseen: udpos; high, low: these and tatoeba"]
    assert not any("behind the columns" in note for note in gains_table(made(make, {})).notes)


def test_a_gain_between_scores_at_chance_has_no_mark(make: Any) -> None:
    """Chance is 30 here, and 100 examples are answered: up to 39 nothing can be told from it."""

    def score(leaf: Evaluate, language: str) -> float:
        stages = list(lineage(leaf))
        gained = (len(stages) > 1) * (3.0 + 0.1 * stages[0].recipe.seed)
        return (30.0 if language == "yo" else 70.0) + gained

    study = make.study(SWEEP)
    answer = make.answer(study, make.results(study, score))
    table = gains_table(answer)
    unseen = [row[table.columns.index("unseen")] for row in table.sections[0]]
    assert all(cell.startswith("+3.2 [") and cell.endswith("]~") for cell in unseen)
    assert set(verdicts(table)) == {"rises"}
    assert "24 of 24 cells" in table.notes[0]
    assert any(note.startswith("~: all scores behind this gain are at chance") for note in table.notes)
    told = [note for note in slopes(answer).notes if note.startswith("unseen languages")]
    assert told == ["unseen languages: at chance with and without intermediate training, so their gains mean nothing"]
    assert {curve.verdict.split(",")[0] for curve in answer.curves if curve.measure == "unseen"} == {
        "at chance with and without intermediate training"
    }


def test_a_gain_that_leaves_chance_is_marked(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        stages = list(lineage(leaf))
        return 30.0 + (len(stages) > 1) * (30.0 + 0.1 * stages[0].recipe.seed)

    study = make.study(SWEEP)
    table = gains_table(make.answer(study, make.results(study, score)))
    assert "32 of 32 cells" in table.notes[0]
    assert not any(note.startswith("~") for note in table.notes)


def test_seeds_that_agree_exactly_have_no_interval(make: Any) -> None:
    """Nothing is trained for the only target, so that its one evaluation stands behind all target seeds."""
    target = "{task: tatoeba, languages: [af, de], train: []}"
    text = SWEEP.replace("{task: udpos, languages: [en, af, de, yo]}", target).replace("[1, 2, 3]", "{target: [1, 2]}")
    study = make.study(text)
    table = gains_table(make.answer(study, make.results(study)))
    assert set(verdicts(table)) == {"no interval"}
    assert not any("*" in cell for row in table.sections[0] for cell in row)
