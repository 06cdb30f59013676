"""What a reader sees: tables, figure, report and the closing words, from made-up results."""

import csv
import dataclasses
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from harness.analysis.figures.curve_figure import ONE_SEED, curve_figure
from harness.analysis.report.export import points_csv, scores_csv
from harness.analysis.report.notes import notes_of
from harness.analysis.report.report import closing, write
from harness.analysis.tables.language_tables import per_language
from harness.analysis.tables.point_tables import points_table, study_cost, verdicts
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage
from harness.spec.record import LanguageScore

ONE = """
name: one
models: [xlm_r/base]
intermediate: [anli, squad_v2, anli+squad_v2, anli>squad_v2]
epochs: [1, 2]
batch_size: [8, 16]
hold: epochs
targets: [{task: udpos, languages: [en, af, de, yo]}]
"""


def plain(renderable: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(renderable)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in text
    return str(text)


def noisy(leaf: Evaluate, language: str) -> float:
    """Noise of every training stage, so that all kinds of seeds make a difference."""
    noise = (phase.recipe.seed * 1.7**place for place, phase in enumerate(lineage(leaf)))
    return 60.0 + sum(noise) + len(language)


def test_the_per_language_table_has_every_language_its_level_its_baseline_and_its_gain(make: Any) -> None:
    answer = make.answer(make.study())
    (table,) = per_language(answer)
    assert table.columns == ("task", "language", "level", "baseline", "anli", "anli+squad_v2")
    rows = {row[:2]: row for section in table.sections for row in section}
    assert rows[("udpos", "en")][2] == ""
    assert rows[("udpos", "af")][2] == "low"
    assert rows[("udpos", "yo")][2] == "unseen"
    score = sum(point.cells["udpos"]["af"] for point in answer.points if point.at.intermediate == "anli") / 6
    gain = sum(gain.cells["udpos"]["af"] for gain in answer.gains if gain.at.intermediate == "anli") / 6
    assert rows[("udpos", "af")][4] == f"{score:.1f} ({gain:+.1f})"
    assert "5 GiB" in table.notes[0]


def test_tables_fit_a_plain_page_of_100_columns(make: Any) -> None:
    answer = make.answer(make.study(ONE))
    for renderable in (closing(answer), points_table(answer).rich(), study_cost(answer).rich()):
        lines = plain(renderable).splitlines()
        assert max(map(len, lines)) <= 100
        assert not any("…" in line for line in lines)
    assert "anli>squad_v2" in plain(next(per_language(answer)).rich())


@pytest.mark.parametrize("seeds", ["[1, 2, 3]", "{intermediate: [1, 2], target: [1, 2]}"])
def test_what_the_command_ends_with_fits_140_columns_with_intervals_and_controls(make: Any, seeds: str) -> None:
    text = ONE.replace("targets:", f"controls: [target_more]\nseeds: {seeds}\ntargets:")
    console = Console(file=io.StringIO(), width=140)
    study = make.study(text)
    console.print(closing(make.answer(study, make.results(study, noisy))))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, shown.splitlines())) <= 140
    assert "…" not in shown
    for part in ("Gains over the baseline", "Time and memory", "English, anli>squad_v2 · batch 16: ", "by accident"):
        assert part in shown


def test_scores_at_chance_are_marked_and_named(make: Any) -> None:
    study = make.study()
    results = make.results(study, lambda leaf, language: 31.0 if language == "yo" else 70.0)
    answer = make.answer(study, results)
    cells = [
        row[3] for table in per_language(answer) for section in table.sections for row in section if row[1] == "yo"
    ]
    assert cells == ["31.0~"]
    assert any("udpos: yo" in note and "chance" in note for note in notes_of(answer))


def test_what_records_tell_is_among_the_notes_once(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    told = {key: replace(record, notes=("three answers lie in no window",)) for key, record in results.records.items()}
    notes = notes_of(make.answer(study, replace(results, records=told)))
    assert notes.count("three answers lie in no window") == 1


def test_one_seed_is_said_in_the_notes_the_figure_and_the_verdicts(make: Any) -> None:
    answer = make.answer(make.study(ONE))
    assert any("one seed" in note for note in notes_of(answer))
    assert ONE_SEED in curve_figure(answer).get_supxlabel()
    assert "no interval: one seed" in plain(closing(answer))
    several = make.answer(make.study())
    assert "95 % t-interval over 3 pairs of intermediate and target seeds" in curve_figure(several).get_supxlabel()


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ("{target: [1, 2]}", "target seeds and speak of these checkpoints, not of another run."),
        ("[1, 2]", "pairs of intermediate and target seeds and speak of these pretrained models, not of others."),
    ],
)
def test_the_seeds_behind_the_intervals_are_said_once_and_not_on_every_line(
    make: Any, tmp_path: Path, seeds: str, said: str
) -> None:
    study = make.study(ONE.replace("targets:", f"seeds: {seeds}\ntargets:"))
    answer = make.answer(study, make.results(study, noisy))
    assert notes_of(answer)[0].endswith(f"intervals are 95 % t-intervals over {said}")
    assert not any("speak of" in line for line in verdicts(answer))
    text = write(answer, tmp_path).markdown.read_text()
    assert f"\nAll intervals are over {said}\n" in text
    assert text.count("speak of") < 10  # curves, points and cells are far more


def test_a_panel_per_resource_level_on_a_logarithmic_axis(make: Any) -> None:
    panels = curve_figure(make.answer(make.study())).axes
    assert [axes.get_title() for axes in panels] == [
        "all languages",
        "English",
        "high-resource languages",
        "low-resource languages",
        "unseen languages",
    ]
    assert {axes.get_xscale() for axes in panels} == {"log"}
    assert all(len(axes.containers) == 2 for axes in panels)  # one per chain


def test_the_report_is_whole_and_its_figure_is_the_same_bytes_again(make: Any, tmp_path: Path) -> None:
    answer = make.answer(make.study(ONE))
    text = write(answer, tmp_path / "a").markdown.read_text()
    write(answer, tmp_path / "b")
    for part in (
        "how much does",
        "Time and memory",
        "Gains over the baseline",
        "5 GiB of CC-100",
        "no interval: one seed",
        "6ND",
        "packages.deepspeed | 0.0.0",
        "curve.png",
    ):
        assert part in text
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert {"report.html", "curve.svg", "heat_map.png", "tables/gains.tex"} <= {*map(str, files)}
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_missing_scores_are_listed_with_their_reason_and_never_zero(make: Any, tmp_path: Path) -> None:
    study = make.study()
    results = make.results(study)
    del results.scored[identity(study.points[0].leaves[0])]
    answer = make.answer(study, results)
    assert "udpos/en, udpos/af, udpos/de, udpos/yo: not scored yet" in write(answer, tmp_path).markdown.read_text()
    (table,) = per_language(answer)
    assert {row[3] for row in table.sections[0]} == {"missing"}
    rows = list(csv.DictReader(io.StringIO(scores_csv(answer))))
    lost = [row for row in rows if row["missing"]]
    assert {(row["intermediate"], row["task"], row["score"]) for row in lost} == {("none", "udpos", "")}


def test_csv_files_hold_every_score_and_point_unrounded(make: Any) -> None:
    answer = make.answer(make.study())
    scores = list(csv.DictReader(io.StringIO(scores_csv(answer))))
    assert len(scores) == sum(len(languages) for point in answer.points for languages in point.cells.values())
    last = answer.gains[-1]
    row = next(r for r in reversed(scores) if (r["task"], r["language"]) == ("udpos", "yo"))
    assert float(row["score"]) == last.point.cells["udpos"]["yo"]
    assert float(row["gain"]) == last.cells["udpos"]["yo"]
    points = list(csv.DictReader(io.StringIO(points_csv(answer))))
    assert [float(p["flops_standalone"]) for p in points] == [p.cost.standalone.model for p in answer.points]


def test_targets_trained_on_intermediate_data_are_flagged(make: Any) -> None:
    answer = make.answer(make.study())
    last = answer.points[-1]
    flagged = dataclasses.replace(last, planned=dataclasses.replace(last.planned, same_source=("udpos",)))
    assert any("Same source: udpos" in note for note in notes_of(dataclasses.replace(answer, points=(flagged,))))
    assert not any("Same source" in note for note in notes_of(answer))


@pytest.mark.parametrize("n", [1, 10_000])
def test_the_width_of_chance_depends_on_the_number_of_examples(make: Any, n: int) -> None:
    study = make.study()
    results = make.results(study)
    for key, scores in results.scored.items():
        narrow = {language: LanguageScore({"score": 33.0}, 30.0, n) for language in scores.languages}
        results.scored[key] = dataclasses.replace(scores, languages=narrow)
    assert any("At chance" in note for note in notes_of(make.answer(study, results))) is (n == 1)
