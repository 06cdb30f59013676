"""MLflow on PostgreSQL, by the script that the docs name: the numbers of sqlite, also where the server stops midway."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from harness.plan.sweeps.study import Study
from harness.run.track.copying import copy_study
from harness.run.track.projection import store
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync, sync_report
from harness.spec.errors import HarnessError
from tests.end_to_end.databases import NEEDS_POSTGRES, installed
from tests.unit.conftest import made_results, made_study
from tests.unit.run.track.folder import content, write_runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(not installed(), reason=NEEDS_POSTGRES)]

SCRIPT = Path(__file__).resolve().parents[2] / "jobs" / "mlflow_server.sh"
OUTAGE = float(os.environ.get("HARNESS_TEST_OUTAGE", "5"))  # seconds
SWEEP = """
name: on-postgres
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 2]
batch_size: 8
seeds: [1, 2]
targets: [{task: udpos, languages: [en, af, de, yo]}]
"""


@dataclass
class Server:
    """The script at work in `folder`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    stopped: list[float] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def healthy(self) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(f"{self.uri}/health", timeout=5)
            return True
        return False

    def start(self) -> None:
        line = [str(SCRIPT), str(self.folder), f"127.0.0.1:{self.port}"]
        with (self.folder / "log").open("ab") as log:
            workers = {**os.environ, "MLFLOW_SERVER_WORKERS": "1"}
            self.process = subprocess.Popen(line, stdout=log, stderr=log, start_new_session=True, env=workers)
        deadline = time.monotonic() + 180
        while not self.healthy:
            log = (self.folder / "log").read_text()
            assert time.monotonic() < deadline, log[-2000:]
            assert self.process.poll() is None, log[-2000:]
            time.sleep(0.5)

    def stop(self) -> None:
        """As an operator does; the script ends when the server and its PostgreSQL have."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)
        self.stopped.append(time.monotonic())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with _folder() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        made = Server(folder, port)
        made.start()
        yield made
        made.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    """One that the user of PostgreSQL may enter; those of pytest it may not."""
    folder = Path(tempfile.mkdtemp(prefix="harness-postgres-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Study]:
    study = made_study(SWEEP.replace("postgres", re.sub("[^a-z0-9]", "", tmp_path.name)[-30:]))
    write_runs(tmp_path, study, made_results(study))
    report = tmp_path / "reports" / study.sweep.name
    report.mkdir(parents=True)
    (report / "report.html").write_text("<p>the answer</p>")
    return tmp_path, study


def project(runs: tuple[Path, Study], uri: str) -> SyncResult:
    answer = results(*runs, None)
    return sync(runs[0], answer, uri) + sync_report(runs[0], answer, uri)


def test_postgres_has_the_numbers_of_sqlite_and_both_can_be_copied(server: Server, runs: tuple[Path, Study]) -> None:
    name, sqlite = runs[1].sweep.name, f"sqlite:///{runs[0]}/mlflow.db"
    first = project(runs, server.uri)
    assert project(runs, sqlite) == first
    wanted = content(sqlite, name)
    assert len(wanted) == first.written
    assert content(server.uri, name) == wanted
    assert project(runs, server.uri) == SyncResult(unchanged=first.written)
    notes = [MlflowClient(uri).get_experiment_by_name(name).tags for uri in (server.uri, sqlite)]
    assert notes[0] == notes[1]

    back = f"sqlite:///{runs[0]}/laptop/mlflow.db"
    (runs[0] / "laptop").mkdir()
    assert copy_study(name, server.uri, back) == SyncResult(written=first.written)
    assert content(back, name) == wanted


def test_a_server_that_is_stopped_midway_misses_nothing_and_has_nothing_twice(
    server: Server, runs: tuple[Path, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = store.write

    def interrupted(*given: Any) -> str:
        written.append(write(*given))
        if len(written) == 4:
            server.stop()
            threading.Timer(OUTAGE, server.start).start()
        return written[-1]

    monkeypatch.setattr(store, "write", interrupted)
    failures = 0
    while True:
        try:
            project(runs, server.uri)
            break
        except HarnessError as error:  # as `harness run` does it: said, and tried again
            assert "nothing is lost" in str(error)
            failures += 1
            time.sleep(2)
    monkeypatch.undo()
    print(f"{OUTAGE:.0f} s away after 4 runs; {failures} projections failed")
    assert server.stopped
    assert project(runs, server.uri).written == 0
    sqlite = f"sqlite:///{runs[0]}/mlflow.db"
    project(runs, sqlite)
    name = runs[1].sweep.name
    assert content(server.uri, name) == content(sqlite, name)
