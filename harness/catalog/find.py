"""Names to catalogue entries: the file's name is the name, so a new file is found without being registered."""

import importlib
import pkgutil
from functools import cache
from typing import Any

from harness.catalog import families, models, published, suites, tasks
from harness.spec.claim import Claim
from harness.spec.errors import HarnessError
from harness.spec.family import Family
from harness.spec.load import nearest
from harness.spec.model import CatalogModel
from harness.spec.suite import Suite
from harness.spec.task import Task


@cache
def task(name: str) -> Task:
    """The task of `harness/catalog/tasks/<name>.py`; raises HarnessError naming the nearest known one."""
    if name not in task_names():
        raise HarnessError(f"there is no task '{name}'; {nearest(name, task_names())}")
    entry: Task = _member(f"{tasks.__name__}.{name}", "TASK")
    return entry


@cache
def suite(name: str) -> Suite:
    """The suite of `harness/catalog/suites/<name>.py`; raises HarnessError naming the nearest known one."""
    if name not in suite_names():
        raise HarnessError(f"there is no suite '{name}'; {nearest(name, suite_names())}")
    entry: Suite = _member(f"{suites.__name__}.{name}", "SUITE")
    return entry


@cache
def model(name: str) -> CatalogModel:
    """The model `<family>/<size>`, such as `xlm_r/large`; raises HarnessError naming the nearest known one."""
    if name not in model_names():
        raise HarnessError(f"there is no model '{name}'; {nearest(name, model_names())}")
    return _models()[name]


@cache
def family(name: str) -> Family:
    """The family of `harness/catalog/families/<name>.py`; raises HarnessError naming the nearest known one."""
    known = _modules(families.__path__)
    if name not in known:
        raise HarnessError(f"there is no model family '{name}'; {nearest(name, known)}")
    entry: Family = _member(f"{families.__name__}.{name}", "FAMILY")
    return entry


@cache
def claims() -> tuple[Claim, ...]:
    """What others published, of every file in `harness/catalog/published`, that has CLAIMS."""
    found = (importlib.import_module(f"{published.__name__}.{name}") for name in _modules(published.__path__))
    return tuple(claim for module in found for claim in getattr(module, "CLAIMS", ()))


@cache
def task_names() -> tuple[str, ...]:
    """Every task, sorted."""
    return _modules(tasks.__path__)


@cache
def suite_names() -> tuple[str, ...]:
    """Every suite, sorted."""
    return _modules(suites.__path__)


def model_names() -> tuple[str, ...]:
    """Every model, families sorted, sizes in the order of their family."""
    return tuple(_models())


@cache
def _models() -> dict[str, CatalogModel]:
    families = (_member(f"{models.__name__}.{family}", "MODELS") for family in _modules(models.__path__))
    return {entry.name: entry for family in families for entry in family}


def _modules(folder: Any) -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder)))


def _member(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)
