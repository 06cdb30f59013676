"""The gain of one task and language over seeds, with an interval that holds what seeds and test items leave open.

Seeds share their test items, so both are crossed. With S seeds and B blocks of items, g_sb the gain of seed s in block
b and w_b its share of the items: V_seeds = var_s(g_s.) / S, V_items = the variance of the mean of the blocks g_.b
(`points.items`), and V_both that of what is left of g_sb after its seed and its block. V_seeds and V_items each hold
V_both once, so the variance of the mean is V_seeds + V_items - V_both, at least the larger of the two, as for two-way
clusters (Cameron, Gelbach and Miller 2011). Degrees of freedom are Satterthwaite's, of S - 1 and B - 1.
"""

import math
from collections.abc import Sequence

import numpy as np

from harness.analysis.curves.curves import by_seed
from harness.analysis.curves.estimates import CONFIDENCE, Estimate, quantile
from harness.analysis.points.gains import Gain
from harness.analysis.points.items import Blocks, gain_blocks, variance
from harness.analysis.points.seeds import outermost
from harness.analysis.values import Missing, mean_of_repeats, present

ROUNDING = 1e-18  # square points: gains that agree but for the last digits of their scores


def cell_gain(gains: Sequence[Gain], task: str, language: str) -> Estimate | Missing:
    """The mean of `gains` over amounts, batches and seeds, in points.

    The interval is over seeds and items, where the scores have blocks of items; over seeds alone where they have none;
    over items alone where there is one seed. None where there is neither.
    """
    kind = outermost(gain.at for gain in gains) or "target_seed"
    seeds = by_seed(gains, kind)
    means = [mean_of_repeats([gain.cells[task][language] for gain in group]) for group in seeds.values()]
    whole = mean_of_repeats(means)
    if isinstance(whole, Missing):
        return whole
    blocks = [_mean_blocks(group, task, language) for group in seeds.values()]
    known = [found for found in blocks if not isinstance(found, Missing)]
    same = len(known) == len(seeds) and len({len(own) for own, _ in known}) == 1 and len(known[0][0]) > 1
    items = (np.array([own for own, _ in known]), known[0][1]) if same else None
    return Estimate(whole, interval(present(means), items), len(means))


def interval(means: Sequence[float], items: tuple[Blocks, Blocks] | None) -> tuple[float, float] | None:
    """The 95 % t-interval of the mean of one value a seed; `items` are blocks by seed, and the share of each block.

    None where there is one seed and no items, or nothing varies.
    """
    seeds, varying, both = len(means), [], 0.0
    if seeds > 1:
        varying.append((float(np.var(means, ddof=1)) / seeds, seeds - 1))
    if items:
        table, share = items
        varying.append((variance(table.mean(axis=0), share), len(share) - 1))
        both = _both(table, share) if seeds > 1 else 0.0
    variances = [found for found, _ in varying]
    whole = max([*variances, sum(variances) - both, 0.0])
    if whole < ROUNDING:
        return None
    freedom = sum(variances) ** 2 / sum(found**2 / freedom for found, freedom in varying)
    margin = quantile((1 + CONFIDENCE) / 2, freedom) * math.sqrt(whole)
    mean = sum(means) / seeds
    return mean - margin, mean + margin


def _mean_blocks(gains: Sequence[Gain], task: str, language: str) -> tuple[Blocks, Blocks] | Missing:
    """The mean over the gains of one seed of the gain of each block, and the share of each block."""
    found = [gain_blocks(gain, task, language) for gain in gains]
    known = [each for each in found if not isinstance(each, Missing)]
    if len(known) < len(found) or len({len(blocks) for blocks, _ in known}) > 1:
        return Missing("no scores of the same blocks")
    return np.mean([blocks for blocks, _ in known], axis=0), known[0][1]


def _both(table: Blocks, share: Blocks) -> float:
    """The variance of the mean that comes of what is left of each seed and block after both."""
    seeds, blocks = table.shape
    left = table - table.mean(axis=0) - (table @ share)[:, None] + table.mean(axis=0) @ share
    freedom = (seeds - 1) / seeds * (blocks - 1) / blocks
    return float(np.sum((share * left) ** 2) / seeds**2 / freedom)
