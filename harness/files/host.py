"""A machine as a process finds it there: versions, tools, cores, names, network; looked at without torch."""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import socket
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import psutil
from pydantic import NonNegativeInt

import harness
from harness.spec.value import value

PACKAGES = ("torch", "deepspeed", "transformers", "tokenizers", "sentencepiece", "safetensors", "numpy")
PYTHON, CODE = "Python", "harness"
COMPILERS = ("c++", "g++", "clang++")
# What checks read of the environment; nothing that may hold a secret.
VARIABLES = ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "MASTER_ADDR", "MASTER_PORT", "HF_HUB_OFFLINE")


@value
class Interface:
    """A network interface, its addresses (IPv4 and IPv6), and whether it is up."""

    name: str
    addresses: tuple[str, ...]
    up: bool


@value
class Host:
    """A node, and the environment of a process on it.

    `versions` are by package, with `Python`; that of `harness` is a digest of its own code, since a version number does
    not tell a changed checkout. `resolved` are the addresses that its name has there, `tools` the paths of what
    compiles (None: not found), `variables` those of VARIABLES that are set, `memory` bytes, `devices` the names of the
    accelerators that torch finds, where torch was asked.
    """

    name: str
    versions: dict[str, str]
    tools: dict[str, str | None]
    resolved: tuple[str, ...]
    interfaces: tuple[Interface, ...]
    variables: dict[str, str]
    cores: NonNegativeInt
    memory: NonNegativeInt
    devices: tuple[str, ...] | None = None


def this_host(environment: Mapping[str, str], devices: Iterable[str] | None = None) -> Host:
    """The machine that this process runs on, in an environment such as os.environ."""
    name = socket.gethostname()
    return Host(
        name=name,
        versions=versions(),
        tools=tools(environment.get("PATH", os.defpath), environment.get("CXX")),
        resolved=resolved(name),
        interfaces=_interfaces(),
        variables={key: environment[key] for key in VARIABLES if key in environment},
        cores=len(os.sched_getaffinity(0)),
        memory=psutil.virtual_memory().total,
        devices=None if devices is None else tuple(devices),
    )


@cache
def versions() -> dict[str, str]:
    """Python, the harness's own code, and the packages that numbers may depend on; one that is absent is left out."""
    found = {PYTHON: platform.python_version(), CODE: _code()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def tools(path: str, compiler: str | None) -> dict[str, str | None]:
    """Where on `path` the C++ compiler (the one that CXX names, if any) and ninja are, by what they are called here."""
    named = [compiler] if compiler else COMPILERS
    found = (shutil.which(name, path=path) for name in named)
    return {"C++ compiler": next(filter(None, found), None), "ninja": shutil.which("ninja", path=path)}


def resolved(name: str) -> tuple[str, ...]:
    """The addresses of a host name, none where nobody knows it."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _interfaces() -> tuple[Interface, ...]:
    states, internet = psutil.net_if_stats(), (socket.AF_INET, socket.AF_INET6)
    return tuple(
        Interface(
            name,
            tuple(each.address.partition("%")[0] for each in addresses if each.family in internet),
            name in states and states[name].isup,
        )
        for name, addresses in sorted(psutil.net_if_addrs().items())
    )


def _code() -> str:
    """The beginning of the SHA-256 of every source file of the harness."""
    root = Path(harness.__file__).parent
    whole = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        whole.update(f"{file.relative_to(root)}\n".encode())
        whole.update(file.read_bytes())
    return whole.hexdigest()[:12]
