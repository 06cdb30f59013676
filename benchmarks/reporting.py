"""How the time of a report grows with a study: `python -m benchmarks.reporting` on 250, 500 and 1,000 made-up Points.

Prints the processor seconds of each step, which other work on the machine hardly moves, the size of the page, and how
many times as long the whole takes for twice the Points; nothing is trained, and files are made in a temporary folder.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.made_up import planned_study, study
from harness.analysis.answer import Answer
from harness.analysis.report.compose import Beside, compose
from harness.analysis.report.report import write

POINTS = (250, 500, 1000)
T = TypeVar("T")


def timed(do: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    done = do()
    return done, time.process_time() - began


def measure(points: int) -> tuple[float, ...]:
    """Processor seconds for plan, answer from records, statistics, content, and files; then bytes of HTML."""
    _, planned = timed(lambda: planned_study(points))
    answer, answered = timed(lambda: study(points))
    _, inferred = timed(lambda: answer.inference)
    _, fitted = timed(lambda: answer.fits)
    _, composed = timed(lambda: compose(answer, Beside()))
    with tempfile.TemporaryDirectory() as folder:
        page, written = timed(lambda: page_of(answer, Path(folder)))
    return planned, answered, inferred + fitted, composed, written, page


def page_of(answer: Answer, folder: Path) -> float:
    return float(write(answer, folder).html.stat().st_size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=POINTS, help="multiples of 50")
    print(f"{'Points':>7} {'plan':>7} {'answer':>7} {'stats':>7} {'content':>8} {'files':>7} {'in all':>7} {'page':>9}")
    before: tuple[int, float] | None = None
    for points in parser.parse_args().points:
        planned, answered, inferred, composed, written, page = measure(points)
        # The files are made from content of their own, and the answer from a plan of its own.
        total = answered + inferred + written
        times = f"{planned:7.1f} {answered:7.1f} {inferred:7.1f} {composed:8.1f} {written:7.1f} {total:7.1f}"
        grown = f"   x {total / before[1]:.2f} for x {points / before[0]:g}" if before else ""
        print(f"{points:7,} {times} {page / 1e6:6.2f} MB{grown}", flush=True)
        before = points, total


if __name__ == "__main__":
    main()
