"""An HTTP proxy before a real server that answers as a test says: late, with an error, never, or after the fact."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Plan = Callable[[int, str], str]  # of the number of a request, and its method and path: what happens to it


@dataclass
class Proxy:
    """`plan` says "" to forward, "429", "500", "late" (2.5 s), "drop" (no answer), or "forget" (done, no answer)."""

    target: tuple[str, int]
    plan: Plan = lambda number, what: ""
    retry_after: str = "1"
    seen: list[tuple[float, str, str]] = field(default_factory=list)
    uri: str = ""
    busy: set[int] = field(default_factory=set)  # the threads that answer

    def settle(self) -> None:
        """Wait until every request has been forwarded or refused."""
        while self.busy:
            time.sleep(0.05)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        what = f"{handler.command} {handler.path}"
        fault = self.plan(len(self.seen), what)
        self.seen.append((time.monotonic(), what, fault))
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if fault == "late":
            time.sleep(2.5)
        if fault in ("429", "500"):
            handler.send_response(int(fault))
            if fault == "429":
                handler.send_header("Retry-After", self.retry_after)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if fault == "drop":
            handler.close_connection = True
            return
        status, headers, content = self._forwarded(handler, body)
        if fault == "forget":
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _forwarded(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = http.client.HTTPConnection(*self.target, timeout=30)
        there.request(handler.command, handler.path, body, dict(handler.headers.items()))
        answer = there.getresponse()
        content = answer.read()
        there.close()
        return answer.status, answer.getheaders(), content


@contextmanager
def proxied(target: tuple[str, int]) -> Iterator[Proxy]:
    """A proxy before `target` until the block ends."""
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: Any) -> None:
            pass

        def _answer(self) -> None:
            proxy.busy.add(threading.get_ident())
            try:
                with suppress(OSError):  # whoever asked has gone
                    proxy.answer(self)
            finally:
                proxy.busy.discard(threading.get_ident())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.uri = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
