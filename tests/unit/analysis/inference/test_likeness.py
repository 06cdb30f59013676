"""Spreads are had back from outcomes that were drawn with them."""

from typing import Any

import numpy as np
import pytest

from harness.analysis.inference.likeness import rows_of, spreads_of
from harness.analysis.inference.power import Cell, Layout, item_variances
from harness.analysis.inference.rows import Rows
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import Spreads
from harness.spec.identity import identity

CELLS = tuple(
    Cell("m", f"t{task}", f"l{language:02d}", language < 10, 500)
    for task in range(4)
    for language in range(30)
    if (language + task) % 3
)
LAYOUT = Layout(CELLS, (0.0, 0.3, 0.6), 2, 3, 3, 3, "low_minus_high_slope")


def _drawn(spreads: Spreads, seeds: int, rng: Any) -> Rows:
    low = np.array([float(cell.low) for cell in CELLS])
    blocks, clusters = (
        np.unique([getattr(cell, name) for cell in CELLS], return_inverse=True)[1] for name in ("task", "language")
    )
    noise = LAYOUT.noise(LAYOUT.amounts, 1) * LAYOUT.seeds
    slopes = 3 * low + spreads.language * rng.normal(size=30)[clusters] + spreads.cell * rng.normal(size=len(low))
    single = np.sqrt(noise * (spreads.run**2 + item_variances(LAYOUT, spreads))) * rng.normal(size=(seeds, len(low)))
    shock = spreads.checkpoint * np.sqrt(noise) * rng.normal(size=(seeds, 1)) * low
    common = 5 * np.sqrt(noise) * rng.normal(size=(seeds, 4))[:, blocks]  # of all languages of a task alike
    return Rows(
        slopes + single + shock + common,
        tuple((cell.model, cell.task, cell.language) for cell in CELLS),
        tuple("low" if cell.low else "high" for cell in CELLS),
        blocks,
        clusters,
        low,
    )


@pytest.mark.parametrize(
    "true", [Spreads(), Spreads(language=1.0, cell=3.0, run=2.0, checkpoint=2.0), Spreads(language=4.0, cell=2.0)]
)
def test_spreads_are_had_back(true: Spreads) -> None:
    rng = np.random.default_rng(3)
    found = [spreads_of(_drawn(true, 3, rng), LAYOUT, Spreads(language=9, cell=9, run=9)) for _ in range(200)]
    for name in ("language", "cell", "run", "checkpoint"):  # clipping at zero moves what is small upwards
        mean = np.sqrt(np.mean([getattr(each, name) ** 2 for each in found]))
        assert mean == pytest.approx(getattr(true, name), rel=0.1, abs=0.25), name


def test_one_seed_leaves_what_seeds_do_as_assumed() -> None:
    found = spreads_of(_drawn(Spreads(), 1, np.random.default_rng(3)), LAYOUT, Spreads(run=1.25, checkpoint=0.75))
    assert (found.run, found.checkpoint) == (1.25, 0.75)


def test_a_study_that_lacks_scores_has_no_spreads(make: Any) -> None:
    text = """
name: pilot
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10]
batch_size: 8
targets: [{task: udpos, languages: [en, af, de, bg]}]
"""
    study = make.study(text)
    results = make.results(study)
    assert not isinstance(rows_of(make.answer(study, results).gains, LAYOUT), Missing)
    del results.records[identity(study.points[0].leaves[0])]
    found = rows_of(make.answer(study, results).gains, LAYOUT)
    assert isinstance(found, Missing) and "not evaluated yet" in found.reason
