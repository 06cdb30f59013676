"""The layout of a run folder: where each file of a phase lies, and what is known from its presence."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.files.atomic import read_text
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.phase import AnyPhase, Phase, slug
from harness.spec.record import Failure, Record

T = TypeVar("T")

IMPORT_MANIFEST = "manifest.json"


class DamagedError(HarnessError):
    """That `file` of a phase is there, but tells nothing."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{reason}; `harness run` keeps it aside and does the phase again where it must")
        self.file = file


@dataclass(frozen=True)
class PhaseFolder:
    """The folder of one phase."""

    path: Path

    @property
    def id(self) -> str:
        """The id of the phase."""
        return self.path.name.partition("-")[0]

    @property
    def slug(self) -> str:
        """The slug of the phase."""
        return self.path.name.partition("-")[2]

    @property
    def phase_file(self) -> Path:
        """The phase as a value."""
        return self.path / "phase.json"

    @property
    def placement_file(self) -> Path:
        """Where it runs."""
        return self.path / "placement.json"

    @property
    def ds_config_file(self) -> Path:
        """The complete DeepSpeed configuration."""
        return self.path / "ds_config.json"

    @property
    def lease_file(self) -> Path:
        """Who runs it."""
        return self.path / "lease.json"

    @property
    def journal_file(self) -> Path:
        """Steps, losses and events, append-only."""
        return self.path / "journal.jsonl"

    @property
    def weights(self) -> Path:
        """Safetensors of a Train, or tokenizer.json of a tokenizer."""
        return self.path / "weights"

    @property
    def resume(self) -> Path:
        """Checkpoints of a Train that is not finished, the newest two."""
        return self.path / "resume"

    @property
    def predictions(self) -> Path:
        """Predictions of an Evaluate, one file a language."""
        return self.path / "predictions"

    @property
    def scores_file(self) -> Path:
        """Scores derived from the predictions."""
        return self.path / "scores.json"

    @property
    def environment_file(self) -> Path:
        """Versions, commit, hardware and the effective configuration."""
        return self.path / "environment.json"

    @property
    def record_file(self) -> Path:
        """Written last: its presence means done."""
        return self.path / "record.json"

    @property
    def failure_file(self) -> Path:
        """Why the phase stopped."""
        return self.path / "failure.json"

    @property
    def done(self) -> bool:
        """Whether the phase is finished."""
        return self.record_file.exists()

    def phase(self) -> AnyPhase:
        """The phase that this folder was made for; raises HarnessError."""
        text = read_text(self.phase_file, "a phase written by `harness run`")
        return from_json(Phase, text, str(self.phase_file))  # type: ignore[no-any-return]

    def placement(self) -> Placement | None:
        """Where it was last to run, or None where that is not known."""
        with suppress(HarnessError):
            return from_json(Placement, read_text(self.placement_file, "a placement"), str(self.placement_file))  # type: ignore[no-any-return]
        return None

    def record(self) -> Record | None:
        """The record, or None while the phase is not finished; raises DamagedError."""
        record = self._optional(self.record_file, Record)
        if record and record.phase != self.id:
            told = f"{self.record_file}: is of the phase {record.phase[:40]}, but this is the folder of {self.id}"
            raise DamagedError(self.record_file, told)
        return record

    def whole_record(self) -> Record | None:
        """The record, or None where there is none that tells anything: results of others do not wait for it."""
        with suppress(DamagedError):
            return self.record()
        return None

    def failure(self) -> Failure | None:
        """The failure, or None; raises DamagedError."""
        return self._optional(self.failure_file, Failure)

    def _optional(self, path: Path, kind: type[T]) -> T | None:
        if not path.exists():
            return None
        try:
            return from_json(kind, read_text(path, f"a {kind.__name__.lower()}"), str(path))  # type: ignore[no-any-return]
        except HarnessError as error:
            raise DamagedError(path, str(error)) from error


def folder_of(runs: Path, phase: AnyPhase) -> PhaseFolder:
    """Where `phase` lies below the run folder `runs`, whether it exists yet or not."""
    return PhaseFolder(runs / f"{identity(phase)}-{slug(phase)}")


def folders(runs: Path) -> tuple[PhaseFolder, ...]:
    """Every phase folder below `runs`, sorted by name."""
    return tuple(PhaseFolder(path.parent) for path in sorted(runs.glob("*/phase.json")))


def phases(among: Iterable[PhaseFolder]) -> dict[PhaseFolder, AnyPhase]:
    """The phase of each folder; those whose phase.json is damaged are left out, and `damaged` names them."""
    found = {}
    for folder in among:
        with suppress(HarnessError):
            found[folder] = _own(folder)
    return found


def _own(folder: PhaseFolder) -> AnyPhase:
    """The phase of a folder, if it is that which the folder's name says."""
    phase, name = folder.phase(), folder.path.name
    if identity(phase) != folder.id:
        raise HarnessError(f"{folder.phase_file}: is of another phase, {identity(phase)}, than that of {name}")
    return phase


def damaged(runs: Path) -> Iterator[str]:
    """A sentence for each folder below `runs` whose phase.json cannot be read."""
    for folder in folders(runs):
        try:
            _own(folder)
        except HarnessError as error:
            yield f"left out: {error}"


def feature_cache(runs: Path) -> Path:
    """Where sets are kept as features; they can be built again."""
    return runs / ".cache" / "features"


def imported_folder(runs: Path, digest: str) -> Path:
    """Where an imported checkpoint lies; it is whole once its manifest is there."""
    return runs / "imported" / digest


def smoke_folder(runs: Path) -> Path:
    """The run folder of `harness run --smoke`, below the real one and apart from it; it is made anew each time."""
    return runs / ".smoke"


def usable_runs(runs: Path) -> Path:
    """`runs` if a run folder is there or can be made; raises HarnessError where a file is in its way."""
    standing = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    if not standing.is_dir():
        raise HarnessError(f"{standing}: is no folder, so no runs can lie there; name another with --runs")
    return runs


def checked_runs(runs: Path) -> Path:
    """`runs` if it is a folder; raises HarnessError otherwise."""
    if not runs.is_dir():
        raise HarnessError(f"{runs}: no such run folder; start a sweep with `harness run`, or name it with --runs")
    return runs
