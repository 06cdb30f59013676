"""What seeds do to single scores, kind by kind, and what it is worth to pair a point with its own baseline."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.analysis.inference.cluster_robust import Array
from harness.analysis.inference.panel import Panel
from harness.analysis.inference.results import Pairing, Spread
from harness.analysis.values import Missing
from harness.plan.sweeps.study import Coordinates

INTERMEDIATE, TARGET, PRETRAIN = "intermediate_seed", "target_seed", "pretrain_seed"


def spreads(panel: Panel, paired: bool) -> tuple[Spread, ...]:
    """The variance of a score between seeds of each kind of which there are several, after training in between, and of
    the baselines between target seeds; `paired` seeds of intermediate and target training change together.
    """
    apart = {"intermediate": (INTERMEDIATE,), "target": (TARGET,)}
    together = {"intermediate and target, together": (INTERMEDIATE, TARGET)}
    after = [gain.at for gain in panel.gains]
    baselines = {gain.baseline.at: row for row, gain in enumerate(panel.gains)}
    before = panel.references[list(baselines.values())]
    found = [
        _spread(name, after, panel.scores, fields)
        for name, fields in {"pretraining": (PRETRAIN,), **(together if paired else apart)}.items()
    ]
    found.append(_spread("target, of the baselines", list(baselines), before, (TARGET,)))
    return tuple(each for each in found if each)


def pairing(panel: Panel) -> Pairing | Missing:
    """How scores of a point and of its baseline move together over target seeds, its intermediate seeds averaged."""
    lost = np.isnan(panel.scores) | np.isnan(panel.references)
    if lost.any():
        return Missing(f"{lost.sum():,} of {lost.size:,} scores are missing, {panel.gap(lost).reason}")
    products = np.zeros(3)
    for _, rows in _groups([gain.at for gain in panel.gains], (INTERMEDIATE, TARGET)):
        seeds = np.array([panel.gains[row].at.target_seed for row in rows])
        point, baseline = (
            np.array([scores[rows][seeds == seed].mean(axis=0) for seed in np.unique(seeds)])
            for scores in (panel.scores, panel.references)
        )
        own, other = point - point.mean(axis=0), baseline - baseline.mean(axis=0)
        products += np.array([np.sum(own * own), np.sum(other * other), np.sum(own * other)])
    own_square, other_square, both = (float(value) for value in products)
    if not min(own_square, other_square) > 0:
        return Missing("scores do not differ over target seeds")
    ratio = (own_square + other_square - 2 * both) / (own_square + other_square)
    return Pairing(both / float(np.sqrt(own_square * other_square)), ratio)


def _spread(name: str, at: Sequence[Coordinates], scores: Array, fields: tuple[str, ...]) -> Spread | None:
    """None where no two points differ in `fields` alone. Scores that no such seed changes at all are left out."""
    groups = list(_groups(at, fields))
    if not groups:
        return None
    gaps = int(np.isnan(scores).sum())
    if gaps:
        return Spread(name, Missing(f"{gaps:,} of {scores.size:,} scores are missing"), len(groups))
    variances = np.array([np.var(scores[rows], axis=0, ddof=1) for _, rows in groups])
    changed = variances[:, variances.any(axis=0)]
    return Spread(name, float(changed.mean()) if changed.size else 0.0, len(groups))


def _groups(at: Sequence[Coordinates], fields: tuple[str, ...]) -> Iterator[tuple[Coordinates, list[int]]]:
    """The places that differ in nothing but `fields`, two or more."""
    groups: dict[Coordinates, list[int]] = {}
    for row, each in enumerate(at):
        groups.setdefault(_without(each, fields), []).append(row)
    return ((key, rows) for key, rows in groups.items() if len(rows) > 1)


def _without(at: Coordinates, fields: tuple[str, ...]) -> Coordinates:
    """The same place for all seeds of the kinds in `fields`."""
    return replace(
        at,
        pretrain_seed=0 if PRETRAIN in fields else at.pretrain_seed,
        intermediate_seed=0 if INTERMEDIATE in fields else at.intermediate_seed,
        target_seed=0 if TARGET in fields else at.target_seed,
    )
