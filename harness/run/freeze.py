"""Fix the analysis of a sweep before its first phase, in a file of the run folder that only ever grows."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

from harness.analysis.inference.frozen import Frozen
from harness.analysis.values import Missing
from harness.files.atomic import read_text, write_json
from harness.plan.sweeps.frozen import Version, Versions, content_of, digest_of
from harness.plan.sweeps.study import Study
from harness.run.store import exclusive, states
from harness.run.study import Work
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json

FOLDER = "analyses"


def freeze(work: Work) -> None:
    """Write today's analysis to `analyses/<sweep>.json`, unless it is the last one there; nothing without a block.

    An earlier one is kept. Raises HarnessError where that file cannot be read: it must not be written anew.
    """
    if work.study.sweep.analysis is None:
        return
    content = content_of(work.study)
    digest = digest_of(content)
    file = analysis_file(work.runs, work.study.sweep.name)
    with exclusive(work.runs):
        known = read_versions(file) if file.exists() else Versions(work.study.sweep.name)
        if known.versions and known.versions[-1].digest == digest:
            return
        done = [state.phase for state in states(work.runs, work.plan).values() if state.recorded]
        telling = _telling(work.study)
        version = Version(
            digest=digest,
            content=content,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            phases_done=len(done),
            evaluations_done=sum(identity(phase) in telling for phase in done),
            phases=len(work.plan),
        )
        write_json(file, dataclasses.replace(known, versions=(*known.versions, version)))


def read_frozen(runs: Path, study: Study) -> Frozen | None:
    """What the run folder knows of the analysis of `study`; None where the sweep has no `analysis` block."""
    spec = study.sweep.analysis
    if spec is None:
        return None
    digest = digest_of(content_of(study))
    file = analysis_file(runs, study.sweep.name)
    try:
        versions = read_versions(file).versions if file.exists() else ()
    except HarnessError as error:
        return Frozen(spec, digest, Missing(str(error)))
    return Frozen(spec, digest, versions)


def _telling(study: Study) -> set[str]:
    """Ids of the evaluations that tell gains: those of baselines alone tell none, and studies share them."""
    by_kind: dict[bool, set[str]] = {True: set(), False: set()}
    for point in study.points:
        by_kind[point.at.is_baseline].update(map(identity, point.evaluations))
    return by_kind[False] - by_kind[True]


def analysis_file(runs: Path, sweep: str) -> Path:
    """Where the analyses of a sweep are kept."""
    return runs / FOLDER / f"{sweep}.json"


def read_versions(file: Path) -> Versions:
    """The analyses in `file`; raises HarnessError where it tells nothing, or other than what was fixed."""
    found: Versions = from_json(Versions, read_text(file, "the analyses of a sweep"), str(file))
    for version in found.versions:
        if digest_of(version.content) != version.digest:
            raise HarnessError(
                f"{file}: the analysis of {version.time[:10]} has another digest than {version.digest[:12]}, which it "
                "was fixed with; put the file back as it was"
            )
    return found
