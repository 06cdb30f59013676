"""Hosts and processes that are as they should be, for tests to spoil."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.files.host import Host, Interface
from harness.files.survey import Clock, Process, Sharing

LOOPBACK = Interface("lo", ("127.0.0.1", "::1"), True)
ETHERNET = Interface("eth0", ("10.0.0.2", "fe80::1"), True)
SOUND = Host(
    name="a",
    versions={"Python": "3.11.7", "harness": "0123456789ab", "torch": "2.13.0+cpu", "deepspeed": "0.19.8"},
    tools={"C++ compiler": "/usr/bin/c++", "ninja": "/usr/bin/ninja"},
    resolved=("10.0.0.2",),
    interfaces=(LOOPBACK, ETHERNET),
    variables={},
    cores=8,
    memory=64 * 10**9,
    devices=(),
)


@pytest.fixture
def host() -> Callable[..., Host]:
    """A sound host with some fields changed."""

    def made(**changes: Any) -> Host:
        return replace(SOUND, **changes)

    return made


@pytest.fixture
def process() -> Callable[..., Process]:
    """The first process of a node, sound but for what is changed."""

    def made(rank: int, name: str, **changes: Any) -> Process:
        sound = Process(rank, name, Sharing(read=True, found=True), replace(SOUND, name=name), Clock(0.0, 0.0001))
        return replace(sound, **changes)

    return made
