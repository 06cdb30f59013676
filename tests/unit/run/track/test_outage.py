"""MLflow away, slow, overloaded or forgetful: a real server behind a proxy that injects faults; equal afterwards."""

import itertools
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from mlflow import MlflowClient

from harness.plan.sweeps.study import Study
from harness.run.track.projection.connection import PATIENT, Patience
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync
from harness.spec.errors import HarnessError
from tests.unit.run.fault_proxy import Proxy, proxied
from tests.unit.run.track.folder import SWEEP, content, write_runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HASTY = Patience(retries=1, timeout=1, backoff=0, jitter=0.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A real MLflow on sqlite."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    line = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*line, *store], stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
            time.sleep(0.3)
        yield "127.0.0.1", port
    finally:
        for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            each.kill()


@pytest.fixture
def proxy(server: tuple[str, int]) -> Iterator[Proxy]:
    with proxied(server) as made:
        yield made


@pytest.fixture
def runs(tmp_path: Path, make: Any) -> tuple[Path, Study]:
    """A finished run folder of a sweep with a name of its own: the server is shared."""
    study = make.study(
        SWEEP.replace("[1, 2]", "1").replace("tracked", f"tracked-{tmp_path.name}".replace("_", "-").lower()[:60])
    )
    write_runs(tmp_path, study, make.results(study))
    return tmp_path, study


def project(runs: tuple[Path, Study], uri: str, patience: Patience = PATIENT) -> SyncResult:
    return sync(runs[0], results(*runs, None), uri, patience)


def expected(runs: tuple[Path, Study]) -> dict[Any, Any]:
    """What an undisturbed projection into a database holds."""
    uri = f"sqlite:///{runs[0]}/undisturbed.db"
    project(runs, uri)
    return content(uri, runs[1].sweep.name)


def check_equal(runs: tuple[Path, Study], proxy: Proxy) -> None:
    """Once it answers again, one projection makes MLflow equal the files, and another finds nothing to do."""
    proxy.plan = lambda number, what: ""
    proxy.settle()  # what reaches the server after all would be removed by the next projection only
    project(runs, proxy.uri)
    wanted = expected(runs)
    assert content(proxy.uri, runs[1].sweep.name) == wanted
    assert project(runs, proxy.uri) == SyncResult(unchanged=len(wanted))


FAULTS: dict[str, Callable[[int, str], str]] = {
    "down at the start": lambda number, what: "drop" if number < 6 else "",
    "down in the middle": lambda number, what: "drop" if number > 12 else "",
    "answering 429": lambda number, what: "429" if number % 3 == 2 else "",
    "answering 500": lambda number, what: "500" if number % 2 else "",
    "always answering 500": lambda number, what: "500",
    "slow": lambda number, what: "late" if number in (3, 4, 9) else "",
    "doing it and forgetting to answer": lambda number, what: "forget" if number % 4 == 3 else "",
    "forgetting what it made": lambda number, what: "forget" if "create" in what and number % 3 else "",
    "forgetting what it deleted": lambda number, what: "forget" if "delete" in what else "",
}


@pytest.mark.parametrize("how", FAULTS)
def test_after_an_outage_one_projection_makes_mlflow_equal_the_files(
    runs: tuple[Path, Study], proxy: Proxy, how: str
) -> None:
    proxy.plan, proxy.retry_after = FAULTS[how], "0"
    with suppress(HarnessError):
        project(runs, proxy.uri, HASTY)
    assert any(fault for _, _, fault in proxy.seen) or how == "forgetting what it deleted"
    check_equal(runs, proxy)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_faults_leave_nothing_missing_and_nothing_doubled(
    runs: tuple[Path, Study], proxy: Proxy, seed: int
) -> None:
    drawn = random.Random(seed)
    proxy.retry_after = "0"
    proxy.plan = lambda number, what: drawn.choice(["", "", "", "", "", "", "429", "500", "drop", "forget"])
    for _ in range(4):
        with suppress(HarnessError):
            project(runs, proxy.uri, HASTY)
    check_equal(runs, proxy)


def test_each_attempt_is_bounded_and_ends_in_one_sentence(runs: tuple[Path, Study], proxy: Proxy) -> None:
    proxy.plan = lambda number, what: "late"
    began = time.monotonic()
    with pytest.raises(HarnessError, match=r"^MLflow at http://[^\n]*`harness sync`[^\n]*$"):
        project(runs, proxy.uri, HASTY)
    assert time.monotonic() - began < 5 * (HASTY.retries + 1) * HASTY.timeout


def test_retry_after_is_waited_for(runs: tuple[Path, Study], proxy: Proxy) -> None:
    proxy.plan = lambda number, what: "429" if number == 0 else ""
    proxy.retry_after = "2"
    project(runs, proxy.uri)
    (first, what, _), (second, again, _) = proxy.seen[:2]
    assert what == again
    assert second - first >= 2.0


def test_waits_grow_and_are_jittered(runs: tuple[Path, Study], proxy: Proxy) -> None:
    proxy.plan = lambda number, what: "500"
    with pytest.raises(HarnessError):
        project(runs, proxy.uri, Patience(retries=3, timeout=1, backoff=1, jitter=0.5))
    times = [at for at, _, _ in proxy.seen]
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(waits) == 3
    assert waits[2] > waits[1] > 1.0
    assert len({round(wait % 1, 2) for wait in waits}) > 1


def test_what_was_deleted_by_hand_is_written_again(runs: tuple[Path, Study], proxy: Proxy) -> None:
    first = project(runs, proxy.uri)
    client = MlflowClient(tracking_uri=proxy.uri)
    experiment = client.get_experiment_by_name(runs[1].sweep.name)
    (run, *_) = client.search_runs([experiment.experiment_id])
    client.delete_run(run.info.run_id)
    assert project(runs, proxy.uri) == SyncResult(written=1, unchanged=first.written - 1)
    client.delete_experiment(experiment.experiment_id)
    project(runs, proxy.uri)
    check_equal(runs, proxy)
