"""How sure test items leave a score and a gain: hand-computed errors, pairing, and what has no blocks."""

import csv
import io
import math
from typing import Any

import numpy as np
import pytest

from harness.analysis.curves.cell_gains import cell_gain, interval
from harness.analysis.points.items import gain_error, score_error, shares, variance
from harness.analysis.report.export import scores_csv
from harness.analysis.tables.language_tables import per_language
from harness.analysis.values import Missing
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage
from harness.spec.record import BLOCKS, LanguageScore, Scores

SWEEP = """
name: items
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 2]
batch_size: 8
targets: [{task: xnli, languages: [sw, de]}]
seeds: SEEDS
"""


def scored(rows: list[float]) -> LanguageScore:
    """The score of single items, in the blocks that they belong to."""
    blocks = [rows[block::BLOCKS] for block in range(BLOCKS)]
    means = tuple(sum(block) / len(block) if block else None for block in blocks)
    return LanguageScore({"score": sum(rows) / len(rows)}, 33.0, len(rows), blocks=means)


def answered(make: Any, rows: Any, seeds: str = "[1, 2, 3]") -> Any:
    """The answer of a study in which `rows(seed, trained, language)` are the scores of single items."""
    study = make.study(SWEEP.replace("SEEDS", seeds))
    results = make.results(study)
    for leaf in study.leaves:
        key = identity(leaf)
        languages = {code: scored(rows(*_what(leaf), code)) for code in leaf.data.languages}
        results.scored[key] = Scores(key, "xnli", "made", 1, {}, {}, languages, {})
    return make.answer(study, results)


def _what(leaf: Evaluate) -> tuple[int, bool]:
    stages = list(lineage(leaf))
    return stages[0].recipe.seed, any(stage.role == "intermediate" for stage in stages)


def test_the_error_of_a_score_with_an_item_in_each_block_is_that_of_a_mean() -> None:
    rows = [100.0] * 6 + [0.0] * 4
    assert score_error(scored(rows)) == pytest.approx(np.std(rows, ddof=1) / math.sqrt(10))


def test_blocks_weigh_as_many_items_as_they_have() -> None:
    share = shares(BLOCKS, 30)
    assert share.tolist() == [2 / 30] * 10 + [1 / 30] * 10
    blocks = np.array([50.0] * 10 + [80.0] * 10)
    away = [50.0 - 60.0] * 10 + [80.0 - 60.0] * 10
    assert variance(blocks, share) == pytest.approx(
        20 / 19 * sum((w * x) ** 2 for w, x in zip(share, away, strict=True))
    )


def test_it_is_what_the_items_of_many_samples_differ_by() -> None:
    draw = np.random.default_rng(0)
    samples = [list(100.0 * (draw.random(90) < 0.7)) for _ in range(2000)]
    told = np.mean([score_error(scored(rows)) ** 2 for rows in samples])
    assert told == pytest.approx(np.var([np.mean(rows) for rows in samples]), rel=0.06)


def test_what_is_hard_for_both_cancels_in_a_gain(make: Any) -> None:
    hard = [0.0] * 50 + [80.0] * 50
    answer = answered(make, lambda seed, trained, code: [one + 5.0 * trained for one in hard])
    gain = answer.gains[0]
    assert score_error(gain.point.scores["xnli"]["sw"]) > 1
    assert gain_error(gain, "xnli", "sw") == pytest.approx(0.0)


def test_without_blocks_an_error_is_missing_with_the_reason(make: Any) -> None:
    answer = make.answer(make.study(SWEEP.replace("SEEDS", "1")))
    error = gain_error(answer.gains[0], "xnli", "sw")
    assert isinstance(error, Missing)
    assert "harness score" in error.reason
    assert score_error(Missing("late")) == Missing("late")
    assert score_error(scored([50.0])) == Missing("one test item")


def test_an_interval_over_seeds_and_items_holds_the_truth_95_times_in_100() -> None:
    """Seeds, items and what they do together vary the gains; an interval over one of the first two is too narrow."""
    draw, share = np.random.default_rng(1), np.full(BLOCKS, 1 / BLOCKS)
    within = {"both": 0, "seeds": 0}
    for _ in range(1000):
        table = draw.normal(0, 3, BLOCKS) + draw.normal(0, 0.6, (5, 1)) + draw.normal(0, 3, (5, BLOCKS))
        for name, items in (("both", (table, share)), ("seeds", None)):
            low, high = interval(list(table.mean(axis=1)), items)
            within[name] += low <= 0 <= high
    assert 0.93 < within["both"] / 1000 < 0.97
    assert within["seeds"] / 1000 < 0.90


def test_the_table_and_the_file_show_the_errors(make: Any) -> None:
    draw = np.random.default_rng(2)
    answer = answered(make, lambda seed, trained, code: list(100.0 * (draw.random(100) < 0.5 + 0.2 * trained)))
    (table,) = per_language(answer)
    assert "±" in table.sections[0][0][-1]
    assert "± half of the 95 % interval of a gain, over seeds and test items" in table.notes
    rows = list(csv.DictReader(io.StringIO(scores_csv(answer))))
    trained = [row for row in rows if row["intermediate"] == "anli"]
    assert all(2 < float(row["item_error"]) < 8 and 3 < float(row["gain_item_error"]) < 12 for row in trained)
    assert all(row["gain_item_error"] == "" for row in rows if row["intermediate"] == "none")


def test_one_seed_has_the_interval_of_its_items(make: Any) -> None:
    draw = np.random.default_rng(3)
    answer = answered(make, lambda seed, trained, code: list(100.0 * (draw.random(100) < 0.5)), "1")
    found = cell_gain(answer.gains, "xnli", "de")
    assert found.seeds == 1
    assert found.interval is not None
    (table,) = per_language(answer)
    assert "± half of the 95 % interval of a gain, over test items" in table.notes
