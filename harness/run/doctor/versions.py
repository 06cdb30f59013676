"""Versions: every node has the same code and packages, and those that the harness is made for."""

import importlib.metadata
import re
from collections.abc import Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.files.host import PACKAGES, PYTHON, Host
from harness.run.doctor.finding import Finding, error, listed, ok, warning

CHECK = "versions"
DISTRIBUTION = "intermediate-scaling-harness"
REINSTALL = "install the harness anew on every node from one checkout, with its constraints.txt"

Required = Mapping[str, SpecifierSet]


def required() -> Required | None:
    """The versions that the installed harness is made for, by package; None where it is not installed."""
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None
    needs = [Requirement(text) for text in metadata.get_all("Requires-Dist") or ()]
    packages = {need.name: need.specifier for need in needs if need.name in PACKAGES}
    return {PYTHON: SpecifierSet(metadata["Requires-Python"] or ""), **packages}


def check_versions(hosts: Sequence[Host], needed: Required | None) -> list[Finding]:
    """Findings about what `hosts`, at least one, have installed."""
    found = [*_differences(hosts), *_unsuited(hosts[0], needed)]
    if found:
        return found
    told = ", ".join(f"{name} {version}" for name, version in hosts[0].versions.items())
    where = f", the same on {len(hosts)} nodes" if len(hosts) > 1 else ""
    return [ok(CHECK, f"{told}{where}")]


def _differences(hosts: Sequence[Host]) -> Iterator[Finding]:
    for name in dict.fromkeys(name for host in hosts for name in host.versions):
        having: dict[str, list[str]] = {}
        for host in hosts:
            having.setdefault(host.versions.get(name, "missing"), []).append(host.name)
        if len(having) > 1:
            told = "; ".join(f"{version} on {listed(names)}" for version, names in having.items())
            yield error(CHECK, f"{name} differs: {told}", REINSTALL)


def _unsuited(host: Host, needed: Required | None) -> Iterator[Finding]:
    if needed is None:
        yield warning(CHECK, f"the harness is not installed on {host.name}, so what it needs is not known", REINSTALL)
        return
    for name, wanted in needed.items():
        version = host.versions.get(name)
        if version is None:
            yield error(CHECK, f"{name} is not installed on {host.name}", REINSTALL)
        elif not wanted.contains(re.sub(r"\+.*", "", version), prereleases=True):
            remedy = f"install {name} {wanted}, as pyproject.toml says"
            yield error(CHECK, f"{name} is {version} on {host.name}, but {wanted} is needed", remedy)
