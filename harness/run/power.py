"""`harness plan --power`: which difference the planned languages, tasks, amounts and seeds could detect."""

import dataclasses
from collections.abc import Iterator
from functools import partial
from math import isinf
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.analysis.inference.likeness import rows_of, spreads_of
from harness.analysis.inference.power import Cell, Layout, Power, layout, power
from harness.analysis.points.splits import split_of
from harness.analysis.tables.power_tables import advice, power_tables
from harness.analysis.values import Missing
from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.plan.sweeps.analysis_spec import AnalysisSpec, Spreads
from harness.plan.sweeps.study import Study
from harness.run.study import Work
from harness.run.track.results import results
from harness.spec.task import Data

NO_BLOCK = "the sweep file has no `analysis` block, so its defaults stand for what is asked and assumed"


def power_of(work: Work, like: Work | None = None) -> Power | Missing:
    """The power of the planned contrast, its spreads as in the finished study `like`, else as they are assumed.

    Missing, with the reason, where there is none to be had.
    """
    spec = work.study.sweep.analysis or AnalysisSpec()
    if like is not None:
        found = _spreads(like, spec)
        if isinstance(found, Missing):
            return Missing(f"{like.study.sweep.name}: {found.reason}")
        spec = dataclasses.replace(spec, power=found)
    planned = _layout(work, spec)
    return planned if isinstance(planned, Missing) else power(planned, spec)


def show_power(work: Work, like: Work | None, console: Console) -> None:
    """Print it as tables."""
    found = power_of(work, like)
    if isinstance(found, Missing):
        console.print(f"Power: none to be had: {found.reason}", markup=False, highlight=False, soft_wrap=True)
        return
    for table in power_tables(found, like.study.sweep.name if like else None):
        console.print(table.rich())
    if work.study.sweep.analysis is None:
        console.print(NO_BLOCK, markup=False, highlight=False, soft_wrap=True)


def power_json(work: Work, like: Work | None) -> dict[str, Any]:
    """It for other programs; seeds without end are null."""
    found = power_of(work, like)
    if isinstance(found, Missing):
        return {"missing": found.reason}
    cases = [dataclasses.asdict(case) for case in found.cases]
    return {
        "question": found.spec.question,
        "alpha": found.spec.alpha,
        "difference": found.spec.difference,
        "cases": [{**case, "seeds": None if isinf(case["seeds"]) else case["seeds"]} for case in cases],
        "shares": dict(found.shares),
        "spreads": dataclasses.asdict(found.spec.power),
        "like": like.study.sweep.name if like else None,
        "advice": advice(found),
    }


def _layout(work: Work, spec: AnalysisSpec) -> Layout | Missing:
    return layout(work.study, tuple(_cells(work.study, work.data)), spec.question, spec.over)


def _spreads(like: Work, spec: AnalysisSpec) -> Spreads | Missing:
    own = _layout(like, dataclasses.replace(spec, over="none"))  # the gains that spreads are taken from
    if isinstance(own, Missing):
        return own
    found = rows_of(results(like.runs, like.study, like.data).gains, own)
    return found if isinstance(found, Missing) else spreads_of(found, own, spec.power)


def _cells(study: Study, root: Path | None) -> Iterator[Cell]:
    """Each language of each target of each model that is low- or high-resource for it."""
    split = split_of(study, partial(catalog_data.words_by_language, root=root))
    for point in study.points:
        at = point.at
        if not at.is_baseline or (at.pretrain_seed, at.target_seed) != _first_seeds(study):
            continue
        for leaf in point.leaves:
            for language in leaf.data.languages:
                level = split.level(at.model, language)
                if level in ("low", "high"):
                    yield Cell(at.model, leaf.data.task, language, level == "low", _items(leaf.data, language))


def _first_seeds(study: Study) -> tuple[int, int]:
    return study.sweep.seeds.pretrain[0], study.sweep.seeds.target[0]


def _items(data: Data, language: str) -> int | None:
    """How many rows were published and are read, if that is known."""
    published = find.task(data.task).source.published(data.split, language)
    known = [count for count in (published, data.limit) if count]
    return min(known) if published else None
