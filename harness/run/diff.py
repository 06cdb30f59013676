"""`harness diff`: which fields of two phases differ, and what besides their identity does."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.files.atomic import read_text
from harness.files.layout import PhaseFolder, checked_runs
from harness.run.merge.compare import disagreement
from harness.run.naming import named
from harness.spec.difference import Difference, differences
from harness.spec.errors import HarnessError
from harness.spec.identity import identity, numerics
from harness.spec.load import dump, from_json
from harness.spec.phase import AnyPhase, Phase, slug
from harness.spec.record import Record

ID = re.compile("[0-9a-f]{12}")


@dataclass(frozen=True)
class Side:
    """One of two phases: its value, and the id under which it lies."""

    folder: PhaseFolder
    phase: AnyPhase
    id: str

    @property
    def current(self) -> bool:
        """Whether this version of the harness gives it the same id."""
        return self.id == identity(self.phase)

    @property
    def record(self) -> Record | None:
        """Its record, where it has one that can be read."""
        try:
            return self.folder.record()
        except HarnessError:
            return None

    @property
    def placement(self) -> Any:
        """Where it was to run, as plain data."""
        file = self.folder.placement_file
        return from_json(dict[str, Any], read_text(file, "a placement"), str(file)) if file.exists() else {}

    def __str__(self) -> str:
        return f"{self.id} {slug(self.phase)} ({self.folder.path})"


@dataclass(frozen=True)
class Compared:
    """Two phases: which fields of their identity differ, and which of their placements."""

    left: Side
    right: Side
    fields: tuple[Difference, ...]
    placement: tuple[Difference, ...]

    @property
    def outputs(self) -> str | None:
        """How the outputs of a phase that was done twice differ; None where they are equal, or nothing is known."""
        ours, theirs = self.left.record, self.right.record
        same = self.left.id == self.right.id and self.left.folder.path != self.right.folder.path
        return disagreement(ours, theirs) if same and ours and theirs else None

    @property
    def verdict(self) -> str:
        """What the differences come to, in a sentence."""
        if not self.fields:
            return "they are the same phase" if self.left.id == self.right.id else self._numerics
        if all(field.data for field in self.fields):
            sets = dict.fromkeys(f"{field.data} [{field.path.split('[')[-1].split(']')[0]}]" for field in self.fields)
            return f"only the content of data differs: {', '.join(sets)}"
        return "1 field differs" if len(self.fields) == 1 else f"{len(self.fields)} fields differ"

    @property
    def _numerics(self) -> str:
        """No field differs, but the ids do."""
        today = ", ".join(f"{name} {version}" for name, version in numerics(self.left.phase).items())
        old = [side.id for side in (self.left, self.right) if not side.current]
        return f"only NUMERICS differ: a fix changed numbers between {' and '.join(old)} and today's versions ({today})"


def compare(runs: Path, left: str, right: str) -> Compared:
    """Two phases called by id, slug or folder in `runs`, or by the path of a folder or a phase.json anywhere.

    Raises HarnessError for a name that means none or several, or for a file that holds no phase.
    """
    ours, theirs = _side(runs, left), _side(runs, right)
    placement = differences(ours.placement, theirs.placement)
    return Compared(ours, theirs, tuple(differences(dump(ours.phase), dump(theirs.phase))), tuple(placement))


def told(found: Compared) -> Iterator[str]:
    """Lines that people read."""
    yield f"a  {found.left}"
    yield f"b  {found.right}"
    yield from (f"  {field}" for field in found.fields)
    yield found.verdict
    for side in (found.left, found.right):
        if found.fields and not side.current:
            yield f"besides, NUMERICS differ: {side.id} has the id of another version of the harness"
    if found.placement:
        yield "their placements differ, which is no part of the identity:"
        yield from (f"  {field}" for field in found.placement)
    if found.outputs:
        yield found.outputs


def as_json(found: Compared) -> str:
    """The same for other programs."""
    sides = {
        name: {"id": side.id, "slug": slug(side.phase), "folder": str(side.folder.path), "current": side.current}
        for name, side in (("a", found.left), ("b", found.right))
    }
    lists = {"fields": list(map(asdict, found.fields)), "placement": list(map(asdict, found.placement))}
    return json.dumps({**sides, **lists, "verdict": found.verdict, "outputs": found.outputs}, indent=1)


def _side(runs: Path, name: str) -> Side:
    path = Path(name)
    if path.name == "phase.json" or (path / "phase.json").exists():
        folder = PhaseFolder((path.parent if path.name == "phase.json" else path).resolve())
    else:
        folder = named(checked_runs(runs), name)
    # Not PhaseFolder.phase: the id of another version of the harness is what may be asked about.
    text = read_text(folder.phase_file, "a phase written by `harness run`")
    phase: AnyPhase = from_json(Phase, text, str(folder.phase_file))
    return Side(folder, phase, folder.id if ID.fullmatch(folder.id) else identity(phase))
