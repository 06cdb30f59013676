"""How often intervals of the contrast hold the truth, and tests of it reject, in simulated studies of XTREME-R.

`python -m benchmarks.coverage [repetitions]` prints, for two splits, a small study and several scenarios, coverage of
the nominal 95 % interval and how often it excludes zero: the level of the test where there is no difference, its power
where there is one. Asked are the project's interval, its parts, a jackknife, and two bootstraps on fewer repetitions.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.other_intervals import nested_bootstrap, pyfixest_crv3, wild_bootstrap
from benchmarks.simulated_study import SimulatedStudy, Truth, draw, small, xtreme_r
from harness.analysis.inference.cluster_robust import Found, found, jackknifed

Array = NDArray[np.float64]

REPETITIONS = 5_000
FEWER = 500  # for bootstraps
CHUNK = 250
POWER = 3.0  # points per tenfold compute
SCENARIOS = (
    Truth("plain"),
    Truth("heavy tails", tails=4),
    Truth("no language differs", languages=0.0, cells=0.0),
    Truth("languages differ a lot", languages=3.0, cells=1.0),
    Truth(f"plain, low gain {POWER:g} more", difference=POWER),
    Truth("checkpoints hit one level by 0.5", shock=0.5),
    Truth("checkpoints hit one level by 1", shock=1.0),
    Truth("checkpoints hit one level by 2", shock=2.0),
    Truth("by 0.5, one run for all seeds", shock=0.5, one_run=True),
    Truth("other tasks meant, contrast +- 1", by_task=1.0),
)


@dataclass(frozen=True)
class Rates:
    """Percent of repetitions whose interval holds the truth, and whose interval excludes zero."""

    covered: float
    excluding: float


def rates(result: Found, truth: float) -> Rates:
    """Those of t-intervals."""
    return _rates(result.estimate - result.margin, result.estimate + result.margin, truth)


def ours(study: SimulatedStudy, truth: Truth, repetitions: int, seed: int) -> tuple[Array, Array]:
    """Slopes and mean gains (repetitions, seeds, cells) of one scenario, drawn in parts that fit in memory."""
    rng = np.random.default_rng(seed)
    sizes = [min(CHUNK, repetitions - begun) for begun in range(0, repetitions, CHUNK)]
    parts = [draw(study, truth, size, rng) for size in sizes]
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))  # type: ignore[return-value]


def measured(study: SimulatedStudy, truth: Truth, repetitions: int, seed: int) -> dict[str, Rates]:
    """The rates of each interval in one scenario."""
    slopes, gains = ours(study, truth, repetitions, seed)
    means, delta = slopes.mean(axis=1), truth.difference
    few = means[:FEWER]
    wild, against_zero = (100 * wild_bootstrap(study, few, value, seed).mean() for value in (delta, 0.0))
    return {
        "ours": rates(found(study.design, slopes), delta),
        "CR2 alone": rates(found(study.design, means[:, None]), delta),
        "CRV3, G - 1": rates(jackknifed(study.design, slopes), delta),
        "wild": Rates(100 - wild, against_zero),
        "nested": _rates(*nested_bootstrap(study, few, seed), delta),
        "mean gain": rates(found(study.design, gains), 0.0),
    }


def main() -> None:
    """Print all studies."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    print(f"{repetitions:,} repetitions, {min(FEWER, repetitions)} for the bootstraps (wild, nested); 3 seeds")
    for study in (
        xtreme_r("CC-100 below 5 GiB", lambda language: (language.cc100_gib or 0) < 5),
        xtreme_r("Joshi class 2 or lower", lambda language: language.joshi_class <= 2),
        small("as few as the demo has"),
    ):
        print(f"\n{study.text}")
        _print_peer(study)
        for number, truth in enumerate(SCENARIOS):
            result = measured(study, truth, repetitions, seed=number)
            if not number:
                print(f"{'':34}" + "".join(f"{name:>15}" for name in result))
            line = (f"{each.covered:7.1f}{each.excluding:8.1f}" for each in result.values())
            print(f"{truth.name:34}" + "".join(line), flush=True)
    print("\neach: coverage of the 95 % interval, and how often it excludes zero, in percent")
    print("mean gain: our interval for the contrast of mean gains, in which no scenario has a difference")


def _print_peer(study: SimulatedStudy) -> None:
    slopes, _ = ours(study, SCENARIOS[0], 1, seed=0)
    own = jackknifed(study.design, slopes)
    estimate, error = pyfixest_crv3(study, slopes[0].mean(axis=0))
    print(
        f"CRV3 of one study: {own.estimate[0]:.6f} +- {own.error[0]:.6f} here, {estimate:.6f} +- {error:.6f} by "
        f"pyfixest; ratio of the errors {own.error[0] / error:.9f}"
    )


def _rates(low: Array, high: Array, truth: float) -> Rates:
    return Rates(100 * float(np.mean((low <= truth) & (truth <= high))), 100 * float(np.mean((low > 0) | (high < 0))))


if __name__ == "__main__":
    main()
