"""`harness merge`: finished phases and imports of other run folders are copied into one; nothing there is changed."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from harness.files.layout import PhaseFolder, checked_runs, imported_folder
from harness.files.lease import acquire, read_lease
from harness.plan.sweeps.frozen import Versions
from harness.run.exchange.imports import find_imported
from harness.run.merge.analyses import analyses, bring, lacking
from harness.run.merge.compare import disagreement
from harness.run.merge.copying import Workshop
from harness.run.merge.found import FoundImport, FoundPhase, finished_phase, imported_checkpoint, imports, phase_folders
from harness.run.store import exclusive
from harness.spec.errors import HarnessError
from harness.spec.record import Record

GB = 1e9


@dataclass
class Merge:
    """What is to be copied into the run folder `into`, and sentences about all that is not.

    `phases` are by id the one to take, the first or the first that has its weights, then what could stand in.
    """

    into: Path
    phases: dict[str, list[FoundPhase]] = field(default_factory=dict)
    imported: dict[str, FoundImport] = field(default_factory=dict)
    analyses: list[Versions] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    equal: int = 0
    damaged: int = 0
    owner: str = field(default_factory=lambda: f"merge-{uuid4().hex[:8]}")

    @property
    def size(self) -> int:
        """Bytes to copy."""
        return sum(each.size for each in (*(found[0] for found in self.phases.values()), *self.imported.values()))


def look(sources: Sequence[Path], into: Path) -> Merge:
    """Look through `sources`, the first before the second; raises HarnessError for one that is no other run folder."""
    found = Merge(into)
    for source in sources:
        checked_runs(source)
        ours, theirs = into.resolve(), source.resolve()
        if ours == theirs or ours in theirs.parents or theirs in ours.parents:
            raise HarnessError(f"{source}: is the run folder {into} itself, or one lies within the other")
        for folder in phase_folders(source):
            _look_at(folder, found)
        for path in imports(source):
            _look_at_import(path, found)
        _look_at_analyses(source, found)
        found.told.extend(_of_mlflow(source))
    return found


def merged(found: Merge, yes: bool) -> Iterator[str]:
    """Say what a merge brings and leaves out, and bring it if `yes` says so; raises HarnessError without room."""
    yield from found.told
    what = f"{len(found.phases)} phases and {len(found.imported)} imports, {found.size / GB:.3g} GB"
    if found.analyses:
        yield f"with the analyses that were fixed there: {', '.join(theirs.sweep for theirs in found.analyses)}"
    if found.equal:
        yield f"{found.equal} are done in both and equal"
    if not yes:
        yield f"to copy: {what}; nothing was copied yet, add --yes to do it"
        return
    _check_room(found)
    workshop = Workshop(found.into)
    copied = 0
    with workshop.opened():
        for imported in found.imported.values():
            yield from _brought_import(imported, found, workshop)
        for theirs in found.analyses:
            bring(found.into, theirs)
        for candidates in found.phases.values():
            for phase in candidates:
                reason = _brought(phase, found, workshop)
                if reason is None:
                    copied += 1
                    break
                yield reason
    yield f"copied {copied} of {what}; `harness sync` and `harness report` show them"


def _look_at(folder: PhaseFolder, found: Merge) -> None:
    if not folder.done:
        found.told.append(f"left out: {folder.path}: {_unfinished(folder)}")
        return
    try:
        theirs = finished_phase(folder)
    except HarnessError as error:
        found.damaged += 1
        found.told.append(f"skipped: {error}")
        return
    earlier, place = found.phases.get(folder.id, []), PhaseFolder(found.into / folder.path.name)
    kept, ours = (earlier[0].path, earlier[0].record) if earlier else (place.path, _record(place))
    if ours is None and _live(place):
        found.told.append(f"left alone: {place.path}: is being run there")
        return
    sentence = ours and disagreement(ours, theirs.record)
    if earlier or ours is None:
        fuller = earlier and not sentence and theirs.weights and not earlier[0].weights
        found.phases[folder.id] = [theirs, *earlier] if fuller else [*earlier, theirs]
    if ours is None:
        return
    if sentence:
        found.told.append(f"{folder.path.name}: {sentence}; {kept} is kept")
    else:
        found.equal += 1


def _look_at_import(path: Path, found: Merge) -> None:
    try:
        theirs = imported_checkpoint(path)
    except HarnessError as error:
        found.damaged += 1
        found.told.append(f"skipped: {error}")
        return
    if path.name in found.imported or _is_imported(found.into, path.name):
        found.equal += 1
    else:
        found.imported[path.name] = theirs


def _look_at_analyses(source: Path, found: Merge) -> None:
    try:
        found.analyses += [theirs for theirs in analyses(source) if lacking(found.into, theirs)]
    except HarnessError as error:
        found.damaged += 1
        found.told.append(f"skipped: {error}")


def _brought(phase: FoundPhase, found: Merge, workshop: Workshop) -> str | None:
    """Copy a phase to its place; the reason where that was not to be."""
    try:
        draft = workshop.copy(phase)
        if PhaseFolder(draft).record() != phase.record:
            raise HarnessError(f"{phase.path}: was changed while it was copied; merge again")
    except HarnessError as error:
        workshop.drop(phase)
        found.damaged += 1
        return f"skipped: {error}"
    place = PhaseFolder(found.into / phase.path.name)
    with exclusive(found.into):  # nobody claims it now
        if _record(place) or (place.path.exists() and not acquire(place.lease_file, found.owner)):
            workshop.drop(phase)
            return f"left alone: {place.path}: is being run there, or has been meanwhile; merge again"
        workshop.put(draft, place.path)
    return None


def _brought_import(imported: FoundImport, found: Merge, workshop: Workshop) -> Iterator[str]:
    try:
        workshop.put(workshop.copy_import(imported), imported_folder(found.into, imported.path.name))
    except HarnessError as error:
        workshop.drop(imported)
        found.damaged += 1
        yield f"skipped: {error}"


def _check_room(found: Merge) -> None:
    standing = next(path for path in (found.into.absolute(), *found.into.absolute().parents) if path.exists())
    free = shutil.disk_usage(standing).free
    if found.size > free:
        raise HarnessError(
            f"{found.into}: {found.size / GB:.3g} GB are to be copied, but {free / GB:.3g} GB are left there; make room"
        )


def _record(folder: PhaseFolder) -> Record | None:
    """Its record; None where there is none, or one that is damaged, so that a whole one may take its place."""
    try:
        return folder.record()
    except HarnessError:
        return None


def _unfinished(folder: PhaseFolder) -> str:
    if _live(folder):
        return "is being run"
    return "failed" if folder.failure_file.exists() else "is not finished"


def _live(folder: PhaseFolder) -> bool:
    lease = read_lease(folder.lease_file)
    return lease is not None and lease.live


def _is_imported(runs: Path, digest: str) -> bool:
    try:
        find_imported(runs, digest)
    except HarnessError:
        return False
    return True


def _of_mlflow(source: Path) -> Iterator[str]:
    """That what a folder wrote to MLflow stays its own."""
    file = source / ".folder-id"
    if file.is_file() and not file.is_symlink() and (told := file.read_text(errors="replace").strip()[:32]).isalnum():
        yield f"{source}: its runs in MLflow (tag harness.runs = {told}) stay; delete them there by that tag"
