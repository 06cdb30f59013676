"""How long `harness sync` takes into sqlite for studies of 250, 500 and 1,000 Points, first and repeated.

python -m benchmarks.syncing [POINTS ...]
"""

import math
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import made_up
from harness.run.track.projection.connection import reach
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync

SIZES = (250, 500, 1000)


def main() -> None:
    """Measure and print."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    print("Points   runs  reading, s  first, s  per run, ms  again, s  per run, ms")
    first, again = {}, {}
    for points in sizes:
        with tempfile.TemporaryDirectory() as folder:
            read, first[points], again[points], runs = measure(Path(folder), points)
        each = [1000 * seconds[points] / runs for seconds in (first, again)]
        print(
            f"{points:7}{runs:7}{read:12.1f}{first[points]:10.1f}{each[0]:13.1f}{again[points]:10.1f}{each[1]:13.1f}",
            flush=True,
        )
    for name, found in (("first", first), ("again", again)):
        print(f"{name}: grows with the Points to the power of {exponent(found):.2f}")


def measure(folder: Path, points: int) -> tuple[float, float, float, int]:
    """Seconds of reading the results, of the first and of a repeated projection, and how many runs that were."""
    planned = made_up.planned_study(points)
    made_up.write(folder, planned)
    uri = f"sqlite:///{folder}/mlflow.db"
    reach(uri).search_experiments()  # the empty database takes some seconds, however much comes into it
    began = time.perf_counter()
    answer = results(folder, planned, None)
    read = time.perf_counter()
    written = sync(folder, answer, uri)
    done = time.perf_counter()
    assert sync(folder, results(folder, planned, None), uri) == SyncResult(unchanged=written.written)
    return read - began, done - read, time.perf_counter() - done, written.written


def exponent(seconds: dict[int, float]) -> float:
    """The slope of log seconds on log Points, by least squares; nan for one size."""
    places = [(math.log(points), math.log(taken)) for points, taken in seconds.items()]
    if len(places) < 2:
        return math.nan
    x, y = (sum(each) / len(places) for each in zip(*places, strict=True))
    return sum((a - x) * (b - y) for a, b in places) / sum((a - x) ** 2 for a, _ in places)


if __name__ == "__main__":
    main()
