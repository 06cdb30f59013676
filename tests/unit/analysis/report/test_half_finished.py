"""A study that is not finished: its report says which half is there, names what is missing, and never fails."""

import re
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.report.notes import missing_rows
from harness.analysis.report.report import closing, write
from harness.analysis.tables.standing_table import half_finished, standing_tables
from harness.spec.identity import identity
from harness.spec.record import LanguageScore


def finished(make: Any, study: Any, keep: Any) -> Any:
    """The answer where the evaluations of the points that `keep` takes are there."""
    results = make.results(study)
    wanted = {identity(leaf) for point in study.points if keep(point.at) for leaf in point.leaves}
    for key in results.scored.keys() - wanted:
        del results.records[key], results.scored[key]
    return make.answer(study, results)


@pytest.mark.parametrize("kind", ["nothing", "baselines", "one chain", "one seed", "no baselines"])
def test_whatever_is_there_is_reported_and_which_half_it_is(make: Any, tmp_path: Path, kind: str) -> None:
    keep = {
        "nothing": lambda at: False,
        "baselines": lambda at: at.is_baseline,
        "one chain": lambda at: at.intermediate in ("none", "anli"),
        "one seed": lambda at: at.target_seed == 1,
        "no baselines": lambda at: not at.is_baseline,
    }[kind]
    answer = finished(make, make.study(), keep)
    whole = sum(keep(point.at) for point in answer.points)
    written = write(answer, tmp_path)
    lines = written.markdown.read_text().split("\n\n")
    assert lines[2].startswith(f"This study is half finished: {whole} of {len(answer.points)} points are complete")
    assert "How far the study is" in written.html.read_text()
    assert closing(answer)


def test_the_half_is_told_by_model_chain_and_seed(make: Any) -> None:
    answer = finished(make, make.study(), lambda at: at.intermediate in ("none", "anli") or at.target_seed == 2)
    assert list(half_finished(answer)) == [
        "This study is half finished: 11 of 15 points are complete, 0 have some of their scores, 4 have none.",
        "Complete: xlm_r/base · none, xlm_r/base · anli. Not complete: xlm_r/base · anli+squad_v2 (2 of 6).",
    ]
    (table,) = standing_tables(answer)
    assert [row[2] for row in table.sections[0]] == ["0/-/1, 0/-/2, 0/-/3", "0/1/1, 0/2/2, 0/3/3", "0/2/2"]


def test_a_report_leaves_nothing_of_an_earlier_one_that_it_does_not_have(make: Any, tmp_path: Path) -> None:
    write(finished(make, make.study(), lambda at: at.is_baseline), tmp_path)
    mine = tmp_path / "notes.txt"
    mine.write_text("mine")
    assert (tmp_path / "tables" / "standing.csv").exists()
    write(make.answer(make.study()), tmp_path)
    assert not (tmp_path / "tables" / "standing.csv").exists() and (tmp_path / "tables" / "gains.csv").exists()
    assert mine.read_text() == "mine"


def test_a_finished_study_says_nothing_of_halves(make: Any, tmp_path: Path) -> None:
    answer = make.answer(make.study())
    assert [*half_finished(answer), *standing_tables(answer)] == []
    text = write(answer, tmp_path).markdown.read_text()
    assert "half finished" not in text
    assert "None: every score of every point is there." in text


def test_points_that_miss_the_same_scores_share_a_line_with_the_reason(make: Any) -> None:
    rows = missing_rows(finished(make, make.study(), lambda at: at.intermediate != "anli"))
    assert rows == [
        "udpos/en, udpos/af, udpos/de, udpos/yo, tatoeba/af, tatoeba/de: not evaluated yet: "
        "xlm_r/base · anli (6 points)"
    ]


def test_a_missing_score_is_named_in_the_heat_map_and_in_its_table(make: Any, tmp_path: Path) -> None:
    study = make.study()
    results = make.results(study)
    for key, scores in results.scored.items():
        if scores.task == "udpos":
            kept: dict[str, LanguageScore] = {code: own for code, own in scores.languages.items() if code != "yo"}
            object.__setattr__(scores, "languages", kept)
            object.__setattr__(scores, "missing", {"yo": "its file was cut short"})
        assert key
    write(make.answer(study, results), tmp_path)
    drawn = (tmp_path / "heat_map.svg").read_text()
    assert "hatched, missing: anli udpos/yo" in re.sub(r"\s+", " ", drawn)
    assert "yo,unseen,missing" in (tmp_path / "tables" / "heat_map.csv").read_text()
    assert "its file was cut short" in (tmp_path / "report.md").read_text()
