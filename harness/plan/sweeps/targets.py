"""The targets of a sweep, one by one: suites are taken apart, and what is said of a single task wins."""

from harness.catalog import find
from harness.plan.sweeps.model_specs import Languages
from harness.plan.sweeps.sweep import Sweep, TargetSpec
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def targets_of(sweep: Sweep) -> tuple[TargetSpec, ...]:
    """Every target of `sweep`, in order; a task's own entry replaces that of a suite and keeps the first place.

    A task of a suite is evaluated in the suite's languages, of several suites in all of theirs. Raises HarnessError
    for a name that is neither a task nor a suite, and for a suite with settings of its own.
    """
    found: dict[str, TargetSpec] = {}
    own: set[str] = set()
    for entry in sweep.asked:
        if isinstance(entry, str) and entry in find.suite_names():
            for spec in _of_suite(entry):
                if spec.task not in own:
                    found[spec.task] = _wider(found.get(spec.task, spec), spec)
        else:
            spec = _single(entry)
            found[spec.task] = spec
            own.add(spec.task)
    return tuple(found.values())


def _of_suite(name: str) -> list[TargetSpec]:
    suite = find.suite(name)
    return [TargetSpec(task, languages=suite.languages.get(task, "all")) for task in suite.tasks]


def _wider(one: TargetSpec, other: TargetSpec) -> TargetSpec:
    """The entries of a task in two suites as one, in the languages of both."""
    languages: Languages = "all"
    if isinstance(one.languages, tuple) and isinstance(other.languages, tuple):
        languages = tuple(dict.fromkeys((*one.languages, *other.languages)))
    return TargetSpec(one.task, languages=languages)


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
