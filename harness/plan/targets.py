"""The targets of a sweep, one by one: suites are taken apart, and what is said of a single task wins."""

from harness.catalog import find
from harness.plan.sweep import Sweep, TargetSpec
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def targets_of(sweep: Sweep) -> tuple[TargetSpec, ...]:
    """Every target of `sweep`, in order; a task's own entry replaces that of a suite before it and keeps its place.

    Raises HarnessError for a name that is neither a task nor a suite, and for a suite with settings of its own.
    """
    found: dict[str, TargetSpec] = {}
    for entry in sweep.asked:
        if isinstance(entry, str) and entry in find.suite_names():
            for task in find.suite(entry).tasks:
                found.setdefault(task, TargetSpec(task))
        else:
            spec = _single(entry)
            found[spec.task] = spec
    return tuple(found.values())


def _single(entry: str | TargetSpec) -> TargetSpec:
    spec = entry if isinstance(entry, TargetSpec) else TargetSpec(entry)
    if spec.task in find.suite_names():
        raise HarnessError(
            f"targets: '{spec.task}' is a suite and takes no settings; write its name alone, and settings beside it "
            f"for one of its tasks: {', '.join(find.suite(spec.task).tasks)}"
        )
    if spec.task not in find.task_names():
        known = (*find.task_names(), *find.suite_names())
        raise HarnessError(f"targets: there is no task or suite '{spec.task}'; {nearest(spec.task, known)}")
    return spec
