"""The tables of the inference: numbers with their intervals, reasons for what is missing, counts of tests."""

from typing import Any

from harness.analysis.tables.inference_tables import inference_tables
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: told
models: [xlm_r/base]
intermediate: [anli, hellaswag]
epochs: [1, 10]
batch_size: 8
targets: [{task: udpos, languages: [en, af, eu, te, de, fr, wo, yo]}]
seeds: [1, 2]
"""
LANGUAGES = ("en", "af", "eu", "te", "de", "fr", "wo", "yo")


def score(leaf: Evaluate, language: str) -> float:
    """Rises with compute, unevenly over languages and seeds."""
    epochs = sum(phase.recipe.duration.amount for phase in lineage(leaf) if phase.role == "intermediate")
    seed, place = next(phase.recipe.seed for phase in lineage(leaf)), LANGUAGES.index(language)
    return 50.0 + (epochs or 0.5) ** 0.5 * (1 + place % 3) + seed * 0.3 * (place % 2)


def test_all_tables_of_a_whole_study(make: Any) -> None:
    study = make.study(SWEEP)
    answer = make.answer(study, make.results(study, score))
    main, levels, sensitivity, secondary, seeds = inference_tables(answer)
    primary = answer.inference.primary.finding
    assert main.sections[0][0][2] == f"{primary.estimate:+.2f}"
    assert main.sections[0][0][3] == f"[{primary.interval[0]:+.2f}, {primary.interval[1]:+.2f}]"
    assert main.sections[0][0][-3:] == ("3 against 2", "1", "2")
    assert f"verdict: {answer.inference.verdict}" in main.notes
    assert [row[0] for row in levels.sections[0]] == ["low", "high", "unseen"] * 2
    assert any("without retrieval tasks: no retrieval task among the targets" in note for note in sensitivity.notes)
    assert [row[0] for row in secondary.sections[0]] == [
        "slope, anli",
        "gain, anli",
        "slope, hellaswag",
        "gain, hellaswag",
    ]
    assert secondary.notes[0].startswith("4 tests: ")
    assert [row[0] for row in seeds.sections[0]] == ["intermediate and target, together", "target, of the baselines"]
    assert seeds.notes[1].startswith("the correlation that pairing relies on: +")
    assert all(
        len(row) == len(table.columns)
        for table in (main, levels, sensitivity, secondary, seeds)
        for row in table.sections[0]
    )


def test_a_gap_is_told_once_with_its_reason(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study, score)
    del results.scored[identity(study.points[-1].leaves[0])]
    main, *_, seeds = inference_tables(make.answer(study, results))
    assert main.sections[0][0] == ("slope, the primary contrast", "", "missing", "", "", "", "", "", "")
    (reason,) = [note for note in main.notes if note.startswith("missing: ")]
    assert reason.endswith("5 of 40 scores are missing, the first: udpos/af: not scored yet")
    assert any("are missing" in note for note in seeds.notes)


def test_a_study_of_baselines_has_none(make: Any) -> None:
    study = make.study(SWEEP.replace("[anli, hellaswag]", "[]").replace("epochs: [1, 10]\nbatch_size: 8\n", ""))
    assert list(inference_tables(make.answer(study))) == []
