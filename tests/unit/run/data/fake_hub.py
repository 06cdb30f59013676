"""A small hub for tests: lists repositories and serves their files over HTTP, breaks transfers and damages bytes."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from huggingface_hub import constants

TREE = re.compile(r"/api/(datasets|models)/([^/]+/[^/]+)/tree/([0-9a-f]{40})/?([^?]*)")
FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([0-9a-f]{40})/([^?]+)")


@dataclass
class FakeHub:
    """Files by repository, each with one revision; `broken` stop in the middle, `damaged` arrive otherwise."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    small: set[str] = field(default_factory=set)  # kept in git itself, so that no SHA-256 is listed
    lies: set[str] = field(default_factory=set)  # listed in any folder above them
    faults: list[int] = field(default_factory=list)  # answered to the next requests; 0: the connection is cut
    served: list[str] = field(default_factory=list)  # names of files, as often as their bytes were asked for

    def tree(self, repository: str, folder: str) -> list[dict[str, object]]:
        """What the hub lists in one folder."""
        inside = f"{folder}/" if folder else ""
        found = {name: data for name, data in self.files[repository].items() if name.startswith(inside)}
        here = {name: data for name, data in found.items() if "/" not in name.removeprefix(inside) or name in self.lies}
        return [self._listed(name, data) for name, data in here.items()]

    def _listed(self, name: str, data: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(data), "oid": blob}
        if name not in self.small:
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return entry


@contextmanager
def serving(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve `hub` on this machine and point the hub's library there; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def do_GET(self) -> None:
        """A listing, or the bytes of a file."""
        if self._faulty():
            return
        if listing := TREE.match(self.path):
            self._answer(json.dumps(self.hub.tree(listing[2], listing[4].replace("%2F", "/"))).encode())
        else:
            self._file(send=True)

    def do_HEAD(self) -> None:
        """What a file is like."""
        if self._faulty():
            return
        self._file(send=False)

    def _faulty(self) -> bool:
        if not self.hub.faults:
            return False
        status = self.hub.faults.pop(0)
        self.close_connection = True
        if status:
            self.send_response(status)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()
        return True

    def _file(self, send: bool) -> None:
        asked = FILE.match(self.path)
        data = self.hub.files.get(asked[2], {}).get(asked[4]) if asked else None
        if asked is None or data is None:
            self.send_error(404)
            return
        headers = {"X-Repo-Commit": asked[3], "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        if not send:
            self._answer(data, headers, body=b"")
            return
        self.hub.served.append(asked[4])
        whole = bytes(reversed(data)) if asked[4] in self.hub.damaged else data
        body = whole[: len(whole) // 2] if asked[4] in self.hub.broken else whole
        self._answer(data, headers, body=body)

    def _answer(self, data: bytes, headers: dict[str, str] | None = None, body: bytes | None = None) -> None:
        self.send_response(200)
        for name, content in (headers or {}).items():
            self.send_header(name, content)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data if body is None else body)
        if body is not None and len(body) < len(data):
            self.close_connection = True

    def log_message(self, *given: object) -> None:
        """Say nothing."""
