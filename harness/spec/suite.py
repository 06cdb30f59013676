"""Suites: names for several target tasks at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """A catalogue entry: the names of the tasks that a sweep's `targets` means by the suite's own name, in order.

    `languages` restricts a task to some of its languages, where an older suite had fewer of them.
    """

    name: str
    tasks: tuple[str, ...]
    languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
