"""Retrieval looked at after centring, with CSLS and by layer: a gain that is gone there is said to be no alignment."""

import dataclasses
from typing import Any

from harness.analysis.report.report import write
from harness.analysis.tables.retrieval_table import layer_tables, retrieval_tables
from harness.spec.identity import identity
from harness.spec.record import LanguageScore

ONE = """
name: made
models: [xlm_r/base]
intermediate: [anli, squad_v2]
epochs: [1]
batch_size: 8
targets:
  - {task: udpos, languages: [en, af]}
  - {task: tatoeba, languages: [af, de], train: []}
seeds: {intermediate: SEEDS, target: [1]}
"""
# By what was trained on before: cosine, centred, CSLS, both.
SCORES = {None: (40.0, 50.0, 45.0, 50.0), "anli": (60.0, 51.0, 46.0, 49.0), "squad_v2": (55.0, 66.0, 61.0, 65.0)}


def told(make: Any, seeds: str, noise: float = 0.0) -> Any:
    """An answer whose retrieval has variants; every further seed adds `noise` to the centred scores."""
    study = make.study(ONE.replace("SEEDS", seeds))
    results = make.results(study)
    for point in study.points:
        leaf = next(leaf for leaf in point.leaves if leaf.data.task == "tatoeba")
        cosine, centred, csls, both = SCORES[None if point.at.is_baseline else point.at.intermediate]
        extra = noise * ((point.at.intermediate_seed or 2) - 2)
        values = {"score": cosine, "centred": centred + extra, "csls": csls, "centred_csls": both}
        values |= {f"layer_{number:02d}": 10.0 * number for number in range(3)}
        languages = {code: LanguageScore(values, 1.0, 100) for code in leaf.data.languages}
        results.scored[identity(leaf)] = dataclasses.replace(results.scored[identity(leaf)], languages=languages)
    return make.answer(study, results)


def test_each_way_has_its_score_and_its_gain(make: Any) -> None:
    (table,) = retrieval_tables(told(make, "[1]"))
    assert table.columns == ("intermediate", "cosine", "centred", "CSLS", "centred CSLS")
    rows = {row[0]: row[1:] for row in table.sections[0]}
    assert rows["none"] == ("40.0", "50.0", "45.0", "50.0")
    assert rows["anli"] == ("60.0 (+20.0)", "51.0 (+1.0)", "46.0 (+1.0)", "49.0 (-1.0)")
    assert rows["squad_v2"] == ("55.0 (+15.0)", "66.0 (+16.0)", "61.0 (+16.0)", "65.0 (+15.0)")


def test_a_gain_that_vanishes_is_said_to_be_no_alignment_and_one_that_stays_is_not(make: Any) -> None:
    (table,) = retrieval_tables(told(make, "[1]"))
    said = [note for note in table.notes if "gone" in note]
    assert said == [
        "the gain is gone after centring, so it was anisotropy, not alignment: anli: +20.0 (+1.0)",
        "the gain is gone with CSLS, so it was hubness, not alignment: anli: +20.0 (+1.0)",
        "the gain is gone after centring, with CSLS, so it was anisotropy and hubness, not alignment: "
        "anli: +20.0 (-1.0)",
    ]
    assert any("no layer is chosen" in note for note in table.notes)


def test_what_an_interval_cannot_tell_from_zero_is_gone_too(make: Any) -> None:
    (noisy,) = retrieval_tables(told(make, "[1, 2, 3]", noise=10.0))
    assert not any("squad_v2" in note for note in noisy.notes)  # +16 is more than the headline's +15
    (table,) = retrieval_tables(told(make, "[1, 2, 3]"))
    assert sum("gone" in note for note in table.notes) == 3


def test_layers_are_numbers_from_the_embeddings_up(make: Any) -> None:
    (table,) = layer_tables(told(make, "[1]"))
    assert table.columns == ("intermediate", "0", "1", "2")
    assert {row[1:] for row in table.sections[0]} == {("0.0", "10.0", "20.0")}


def test_the_report_shows_them_and_a_study_without_variants_has_none(make: Any, tmp_path: Any) -> None:
    text = write(told(make, "[1]"), tmp_path).markdown.read_text()
    assert "## Retrieval\n" in text
    assert "it was anisotropy, not alignment" in text
    plain = make.answer(make.study())
    assert [*retrieval_tables(plain), *layer_tables(plain)] == []
    assert "vectors are compared" not in write(plain, tmp_path / "plain").markdown.read_text()
