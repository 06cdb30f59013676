"""Ports: the one at which processes will meet is free to bind."""

import errno
import os
import socket
from collections.abc import Mapping

import psutil

from harness.run.doctor.finding import Finding, error, ok, warning

CHECK = "ports"
USUAL = 29500  # torchrun's and DeepSpeed's, where none is named
FREE = 0


def check_ports(environment: Mapping[str, str]) -> list[Finding]:
    """Whether a port can be bound at all, and the one that MASTER_PORT names, or else the usual one."""
    named = environment.get("MASTER_PORT")
    if named is not None and not (named.isdecimal() and 0 < int(named) < 65536):
        return [error(CHECK, f"MASTER_PORT is '{named}', which is no port", "give a number between 1024 and 65535")]
    if hindered := hindrance(FREE):
        return [error(CHECK, f"no port can be bound ({hindered})", "let this user open sockets on this node")]
    port = int(named) if named else USUAL
    hindered = hindrance(port)
    if hindered is None:
        return [ok(CHECK, f"{port} is free")]
    if named:
        return [error(CHECK, f"{port}, which MASTER_PORT names, is taken: {hindered}", "name another, or none")]
    remedy = "name another in scripts of your own (--master-port, MASTER_PORT); `harness run` takes a free one itself"
    return [warning(CHECK, f"{port}, which launchers take by default, is taken: {hindered}", remedy)]


def hindrance(port: int) -> str | None:
    """Why `port` cannot be bound on this host, None where it can be; 0 is any port."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as torch does: a connection's end may linger
        try:
            tried.bind(("", port))
            tried.listen(1)
        except OSError as wrong:
            holder = _holder(port) if wrong.errno == errno.EADDRINUSE else None
            return holder or os.strerror(wrong.errno or 0)
    return None


def _holder(port: int) -> str | None:
    """The process that listens there, where this user may know it."""
    try:
        listening = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        pid = next((each.pid for each in listening if each.laddr and each.laddr.port == port), None)
        return f"process {pid} ({psutil.Process(pid).name()}) listens there" if pid else None
    except psutil.Error:
        return None
