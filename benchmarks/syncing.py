"""How long `harness sync` takes into sqlite for studies of 250, 500 and 1,000 Points, first and repeated.

python -m benchmarks.syncing [POINTS ...]

Seconds by the clock and, since machines are shared, of the processor; the exponents of growth are of the latter.
"""

import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks import made_up
from harness.run.track.projection.connection import reach
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync

T = TypeVar("T")

SIZES = (250, 500, 1000)


class Took(NamedTuple):
    """Seconds of one thing."""

    clock: float
    processor: float


def main() -> None:
    """Measure and print."""
    found: dict[str, dict[int, float]] = {}
    for points in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory() as folder:
            runs, took = measure(Path(folder), points)
        for what, seconds in took.items():
            found.setdefault(what, {})[points] = seconds.processor
            of_run, of_point = (1000 * seconds.processor / each for each in (runs, points))
            print(
                f"{points:5} Points, {runs:5} runs, {what:8} {seconds.clock:7.1f} s by the clock, "
                f"{seconds.processor:6.1f} s of the processor: "
                f"{of_run:5.1f} ms a run, {of_point:6.1f} ms a Point",
                flush=True,
            )
    for what, of in found.items():
        print(f"{what}: grows with the Points to the power of {exponent(of):.2f}")


def measure(folder: Path, points: int) -> tuple[int, dict[str, Took]]:
    """How many runs a study has in MLflow, and what reading it, a first and a repeated projection took."""
    planned = made_up.planned_study(points)
    made_up.write(folder, planned)
    uri = f"sqlite:///{folder}/mlflow.db"
    reach(uri).search_experiments()  # the empty database takes some seconds, however much comes into it
    answer, reading = _timed(lambda: results(folder, planned, None))
    written, first = _timed(lambda: sync(folder, answer, uri))
    unchanged, again = _timed(lambda: sync(folder, answer, uri))
    assert unchanged == SyncResult(unchanged=written.written)
    return written.written, {"reading": reading, "first": first, "repeated": again}


def exponent(seconds: dict[int, float]) -> float:
    """The slope of log seconds on log Points, by least squares; nan for one size."""
    places = [(math.log(points), math.log(taken)) for points, taken in seconds.items()]
    if len(places) < 2:
        return math.nan
    x, y = (sum(each) / len(places) for each in zip(*places, strict=True))
    return sum((a - x) * (b - y) for a, b in places) / sum((a - x) ** 2 for a, _ in places)


def _timed(work: Callable[[], T]) -> tuple[T, Took]:
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    return done, Took(time.perf_counter() - clock, time.process_time() - processor)


if __name__ == "__main__":
    main()
