"""What all tests share: the data folder, and skips that fail unless they are expected."""

from pathlib import Path

import pytest

from tests.end_to_end import browsers, databases, emulated, hosts

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NEEDS_DATA = "needs ../shared/data"
# Reasons for which a test may be skipped, and whether what it needs is there after all.
EXPECTED = (
    (NEEDS_DATA, DATA.is_dir),
    (hosts.NEEDS_NAMESPACES, hosts.permitted),
    (hosts.NEEDS_SSH, hosts.reachable),
    (emulated.NEEDS_SLURM, emulated.installed),
    (browsers.NEEDS_CHROMIUM, browsers.installed),
    (databases.NEEDS_POSTGRES, databases.installed),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="fail on every skip that is not expected here")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--strict-skips"):
        config.pluginmanager.register(StrictSkips())


class StrictSkips:
    """Fails the session for skips other than those of tests that need what is really not there."""

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
        said = reason.removeprefix("Skipped: ")
        if not any(said.startswith(words) and not there() for words, there in EXPECTED):
            self.unexpected.append(f"{report.nodeid}: {reason}")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The published files beside the repository; tests that need them are skipped without."""
    if not DATA.is_dir():
        pytest.skip(NEEDS_DATA)
    return DATA
