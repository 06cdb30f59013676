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


def launcher(name: str) -> Launcher:
    """The launcher called `name`; raises HarnessError naming the nearest."""
    if name not in names():
        raise HarnessError(f"no launcher '{name}'; {nearest(name, names())}")
    found: Launcher = importlib.import_module(f"{launch.__name__}.{name}").command
    return found
