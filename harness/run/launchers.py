"""Launchers by name: the name of a file in harness/run/launch/."""

import importlib
import pkgutil

from harness.run import launch
from harness.run.child import Launcher
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def names() -> tuple[str, ...]:
    """Every launcher there is, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(launch.__path__)))


def check(name: str, where: str) -> None:
    """Raise HarnessError, naming `where` it is asked for and the nearest, if there is no launcher called `name`."""
    if name not in names():
        raise HarnessError(f"{where}: no launcher '{name}'; {nearest(name, names())}")


def launcher(name: str) -> Launcher:
    """The launcher called `name`; raises HarnessError naming the nearest."""
    check(name, "launcher")
    found: Launcher = importlib.import_module(f"{launch.__name__}.{name}").command
    return found
