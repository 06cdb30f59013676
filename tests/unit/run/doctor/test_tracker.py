"""MLflow servers that answer, refuse, fail, or are not there; database files that can and cannot be written."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from harness.run.doctor import tracker
from harness.run.doctor.tracker import check_tracker, shown

Serve = Callable[[int, bytes], tuple[str, list[str | None]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that gives one answer to everything; its address, and the authorisations that it was sent."""
    servers: list[HTTPServer] = []

    def started(code: int, body: bytes) -> tuple[str, list[str | None]]:
        heard: list[str | None] = []

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.headers["Authorization"])
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}", heard

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_answers_is_right(serve: Serve) -> None:
    address, _ = serve(200, b'{"experiments": []}')
    found = check_tracker(address, {})
    assert (found.level, found.says) == ("ok", f"{address} answers")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (500, "`harness sync` writes everything once it answers"),
        (429, "`harness sync` writes everything once it answers"),
        (401, "MLFLOW_TRACKING_TOKEN"),
        (404, "without a path behind it"),
    ],
)
def test_a_server_that_refuses_says_how(serve: Serve, code: int, remedy: str) -> None:
    address, _ = serve(code, b"no")
    found = check_tracker(address, {})
    assert found.level == "error"
    assert found.says.startswith(f"{address} answers {code}")
    assert remedy in found.remedy


def test_another_kind_of_server_is_told(serve: Serve) -> None:
    address, _ = serve(200, b"<html>")
    assert check_tracker(address, {}).says == f"{address} answers, but not as MLflow does"


def test_credentials_are_sent_and_never_said(serve: Serve) -> None:
    address, heard = serve(200, b"{}")
    named = address.replace("http://", "http://me:hidden@")
    assert "hidden" not in str(check_tracker(named, {}))
    check_tracker(address, {"MLFLOW_TRACKING_TOKEN": "abc"})
    assert heard == ["Basic bWU6aGlkZGVu", "Bearer abc"]
    assert shown("https://me:hidden@there:5000/x") == "https://there:5000/x"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://no.such.host.invalid:5000", "http://127.0.0.1:x"])
def test_a_server_that_is_not_there_is_an_error(address: str) -> None:
    found = check_tracker(address, {})
    assert found.level == "error"
    assert "does not answer" in found.says


def test_a_database_file_must_lie_where_it_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_tracker(f"sqlite:///{tmp_path}/new/mlflow.db", {}).level == "ok"
    assert check_tracker("sqlite:////proc/mlflow.db", {}).level == "error"
    monkeypatch.setattr(tracker, "file_system", lambda folder: "nfs4")
    found = check_tracker(f"sqlite:///{tmp_path}/mlflow.db", {})
    assert (found.level, "network file system (nfs4)" in found.says) == ("warning", True)


def test_other_stores_are_not_looked_at() -> None:
    found = check_tracker("postgresql://me:hidden@there/mlflow", {})
    assert (found.level, found.says) == ("warning", "postgresql://there/mlflow: is not looked at")


@pytest.mark.parametrize("uri", ["http://[bad", "http://u:secret@[bad", "http://host:port", "https://"])
def test_what_is_no_address_is_a_finding(uri: str) -> None:
    found = check_tracker(uri, {})
    assert found.level == "error"
    assert "secret" not in found.says + found.remedy
