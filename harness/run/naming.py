"""How a person names a phase of a run folder: by its id, the beginning of one, its folder, or its slug."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.files.layout import PhaseFolder, folders
from harness.spec.errors import HarnessError
from harness.spec.load import nearest

SHORTEST = 4  # characters that name a phase: fewer are a slip of the hand, and too many phases begin with them
MANY = 8  # ids that one sentence can name


def called(runs: Path, name: str) -> PhaseFolder:
    """The one phase with this id, beginning of an id or folder; raises HarnessError."""
    check_length(name)
    everything = folders(runs)
    if found := with_id(name, everything):
        return found[0]
    known = {folder.id for folder in everything}
    raise HarnessError(f"no phase has the id '{name}'; {nearest(name, known) if known else 'there are none'}")


def named(runs: Path, name: str) -> PhaseFolder:
    """The one phase called so, or whose slug is or begins so; raises HarnessError for none or several."""
    check_length(name)
    everything = folders(runs)
    if found := with_id(name, everything):
        return found[0]
    found = [each for each in everything if each.slug == name] or [
        each for each in everything if each.slug.startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each.id} ({each.slug})" for each in found[:MANY])
        more = f" and {len(found) - MANY} more" if len(found) > MANY else ""
        raise HarnessError(f"{len(found)} phases are called '{name}'; give an id: {ids}{more}")
    known = {part for each in everything for part in (each.id, each.slug)}
    where = nearest(name, known) if known else "there are none"
    raise HarnessError(f"no phase in {runs} is called '{name}'; {where}")


def check_length(name: str) -> None:
    """Raise HarnessError for a name that is too short to be meant."""
    if len(name) < SHORTEST:
        raise HarnessError(f"'{name}' is too short to name a phase; give at least {SHORTEST} characters")


def with_id(name: str, everything: Iterable[PhaseFolder]) -> Sequence[PhaseFolder]:
    """The one phase of this id or folder, whatever its state; raises HarnessError for several."""
    found = [folder for folder in everything if folder.id.startswith(name) or folder.path.name == name]
    if len(found) > 1:
        raise HarnessError(f"{len(found)} ids begin with '{name}'; give more of the one you mean")
    return found
