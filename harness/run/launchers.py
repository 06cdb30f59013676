"""Launchers by name: the name of a file in harness/run/launch/."""

import importlib
import pkgutil
from typing import Any

from harness.run import launch
from harness.run.child import Launcher
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def names() -> tuple[str, ...]:
    """Every launcher there is, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(launch.__path__)))


def check(name: str, where: str) -> None:
    """Raise HarnessError, naming `where` it is asked for and the nearest, if there is no launcher called `name`."""
    if name not in names():
        raise HarnessError(f"{where}: no launcher '{name}'; {nearest(name, names())}")


def check_cluster(cluster: Cluster) -> None:
    """Raise HarnessError where the cluster's launcher could not start anything on it."""
    check(cluster.launcher, f"cluster '{cluster.name}'")
    _module(cluster.launcher).check(cluster)


def launcher(name: str) -> Launcher:
    """The launcher called `name`; raises HarnessError naming the nearest."""
    check(name, "launcher")
    found: Launcher = _module(name).command
    return found


def _module(name: str) -> Any:
    return importlib.import_module(f"{launch.__name__}.{name}")
