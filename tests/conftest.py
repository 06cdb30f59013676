"""What all tests share: the data folder, launches of two processes, and skips that fail unless they are expected."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.run.launch import deepspeed, torchrun
from harness.run.launch.local import Launch, launched
from harness.spec.cluster import Cluster

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NEEDS_DATA = "needs ../shared/data"

LaunchWorker = Callable[..., "Ended"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="fail on every skip that is not expected here")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--strict-skips"):
        config.pluginmanager.register(StrictSkips())


class StrictSkips:
    """Fails the session for skips other than those of tests whose data are really not there."""

    def __init__(self) -> None:
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.unexpected:
            terminalreporter.write_line(f"unexpected skip: {line}", red=True)

    def _look(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not (reason.removeprefix("Skipped: ").startswith(NEEDS_DATA) and not DATA.is_dir()):
            self.unexpected.append(f"{report.nodeid}: {reason}")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The published files beside the repository; tests that need them are skipped without."""
    if not DATA.is_dir():
        pytest.skip(NEEDS_DATA)
    return DATA


class Ended:
    """A launch that is over: its exit status and the end of its output."""

    def __init__(self, status: int, launch: Launch) -> None:
        self.status = status
        self.output = "\n".join(launch.last_lines)


@pytest.fixture
def launch_worker(tmp_path: Path) -> LaunchWorker:
    """Run the worker on prepared phase folders, on two processes unless told otherwise, and wait for its end."""

    def run(folders: Sequence[Path], processes: int = 2, launcher: str = "torchrun", seconds: float = 240) -> Ended:
        command = {"torchrun": torchrun.command, "deepspeed": deepspeed.command}[launcher]
        cluster = Cluster("test", processes_per_node=processes)
        with launched(command(folders, cluster, "test"), tmp_path / "launch.log", tmp_path) as launch:
            status = launch.wait(seconds)
            assert status is not None, f"the launch did not end within {seconds} s: {list(launch.last_lines)[-5:]}"
        return Ended(status, launch)

    return run
