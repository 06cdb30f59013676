"""`harness data fetch`: what a sweep reads from the hub, below the data folder, for machines without a network."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.catalog import find
from harness.files.atomic import digest
from harness.files.mirror import (
    HUB,
    Manifest,
    Mirrored,
    check_file,
    data_folder,
    manifest,
    model_folder,
    write_manifest,
)
from harness.plan.dag import Plan, plan
from harness.run.check import published, read_by
from harness.run.data import hub
from harness.run.data.hub import Repository
from harness.run.study import open_study
from harness.spec.errors import HarnessError
from harness.spec.phase import Evaluate
from harness.spec.task import Data

MODEL_FILES = ("*.safetensors", "*.json")  # weights, their index, the architecture and the tokenizer

Say = Callable[[str], None]


@dataclass(frozen=True)
class Needed:
    """Files of one repository, as patterns of their paths in it."""

    repository: Repository
    patterns: tuple[str, ...]

    def folder(self, root: Path) -> Path:
        """Where they are mirrored below the data folder."""
        place = data_folder if self.repository.kind == "dataset" else model_folder
        return root / place(self.repository.name, self.repository.revision)


def fetch(sweep: Path, root: Path, runs: Path, say: Say) -> list[str]:
    """Mirror what the sweep file needs below `root`; returns a sentence for whatever could not be had.

    Raises HarnessError for a sweep that cannot be planned.
    """
    phases = plan(open_study(sweep, None, runs).evaluations)
    needed, problems = needs(phases, root)
    for number, each in enumerate(needed, start=1):
        try:
            say(f"[{number}/{len(needed)}] {each.repository}")
            say(f"  {mirrored(each, root, say)} files, whole, in {each.folder(root)}")
        except HarnessError as error:
            problems.append(str(error))
    if not needed:
        say("nothing is to be fetched: everything is at hand, or is not on the hub")
    return problems


def needs(phases: Plan, root: Path) -> tuple[list[Needed], list[str]]:
    """What `phases` need from the hub and does not lie in other files below `root`, and what nobody has."""
    wanted: dict[Repository, dict[str, None]] = {}
    sentences = []
    for model in published(phases):
        try:
            wanted[Repository("model", model.hub_id, model.pinned())] = dict.fromkeys(MODEL_FILES)
        except HarnessError as error:
            sentences.append(str(error))
    absent: dict[tuple[str, str], list[str]] = {}
    for task, split, language in _parts(phases):
        source = find.task(task).source
        remotes = source.remotes(split, language)
        behind = source.behind(root, split, language)
        if behind and not any(file.is_relative_to(root / HUB) for file in behind.files):
            continue
        for remote in remotes:
            repository = Repository("dataset", remote.hub.repo, remote.hub.revision)
            wanted.setdefault(repository, {}).update(dict.fromkeys(remote.paths))
        if not remotes:
            absent.setdefault((task, split), []).append(language)
    sentences += [_nowhere(task, split, languages) for (task, split), languages in absent.items()]
    return [Needed(repository, tuple(patterns)) for repository, patterns in wanted.items()], sentences


def mirrored(needed: Needed, root: Path, say: Say) -> int:
    """Fetch what is not there yet or damaged, then write the manifest; returns how many files were asked for.

    With all of them there, the network is not used. Raises HarnessError.
    """
    folder = needed.folder(root)
    known = manifest(folder)
    files = dict(known.files) if known else {}
    kept = _kept(needed, folder, files, say)
    if kept is None:
        entries = hub.listed(needed.repository, needed.patterns)
        kept = {entry.name: _brought(needed.repository, entry, folder, say) for entry in entries}
        write_manifest(folder, Manifest(needed.repository.name, needed.repository.revision, {**files, **kept}))
        hub.tidied(folder)
    return len(kept)


def _kept(needed: Needed, folder: Path, files: dict[str, Mirrored], say: Say) -> dict[str, Mirrored] | None:
    """The files of the manifest that were asked for, where all are whole; None where something is to be fetched."""
    found = {name: each for name, each in files.items() if _named(name, needed.patterns)}
    if not all(any(fnmatchcase(name, pattern) for name in found) for pattern in needed.patterns):
        return None
    for name, each in found.items():
        try:
            check_file(folder, name, each)
        except HarnessError as error:
            say(str(error))
            return None
    return found


def _brought(repository: Repository, entry: hub.Listed, folder: Path, say: Say) -> Mirrored:
    path = folder / entry.name
    kept = hub.as_listed(path, entry)
    say(f"  {entry.name}, {entry.bytes / 1e6:,.1f} MB{': kept' if kept else ''}")
    if kept:
        return Mirrored(digest(path), entry.bytes)
    return hub.download(repository, entry, folder)


def _named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _parts(phases: Plan) -> list[tuple[str, str, str]]:
    """Task, split and language of all rows that the phases read, candidates that languages share included."""
    sets: dict[Data, None] = {data: None for phase in phases for data in read_by(phase)}
    sets |= {phase.pool: None for phase in phases if isinstance(phase, Evaluate) and phase.pool}
    return list(dict.fromkeys((data.task, data.split, language) for data in sets for language in data.languages))


def _nowhere(task: str, split: str, languages: Sequence[str]) -> str:
    published = find.task(task).published
    source = f"; its files are those of {published.source}" if published else ""
    return f"task '{task}', split {split}, {', '.join(languages)}: the hub has no copy with the same rows{source}"
