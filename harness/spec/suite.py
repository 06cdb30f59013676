"""Suites: names for several target tasks at once."""

from harness.spec.value import value


@value
class Suite:
    """A catalogue entry: the names of the tasks that a sweep's `targets` means by the suite's own name, in order."""

    name: str
    tasks: tuple[str, ...]
