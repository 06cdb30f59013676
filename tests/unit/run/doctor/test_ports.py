"""Ports that somebody else has."""

import os
import socket
from collections.abc import Iterator

import pytest

from harness.run.doctor import ports
from harness.run.doctor.ports import check_ports, hindrance


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which this process listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        yield listening.getsockname()[1]


def test_a_port_in_use_is_an_error_where_it_is_named(taken: int) -> None:
    (found,) = check_ports({"MASTER_PORT": str(taken)})
    assert found.level == "error"
    assert found.says.startswith(f"{taken}, which MASTER_PORT names, is taken: process {os.getpid()} (")


def test_the_usual_port_in_use_is_a_warning(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "USUAL", taken)
    (found,) = check_ports({})
    assert found.level == "warning"
    assert found.says.startswith(f"{taken}, which launchers take by default, is taken")
    assert "--master-port" in found.remedy


def test_a_port_that_was_given_back_is_free() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    (found,) = check_ports({"MASTER_PORT": str(port)})
    assert (found.level, found.says) == ("ok", f"{port} is free")


@pytest.mark.parametrize("named", ["none", "0", "70000", "-1", ""])
def test_what_is_no_port_is_told(named: str) -> None:
    (found,) = check_ports({"MASTER_PORT": named})
    assert (found.level, found.says) == ("error", f"MASTER_PORT is '{named}', which is no port")


def test_a_port_that_may_not_be_bound_says_why(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_holder", lambda port: None)
    assert hindrance(taken) == "Address already in use"
