"""What becomes of finished phases: scores, the report, and their projection into MLflow."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, RenderableType

from harness.analysis.report import report as reports
from harness.analysis.report.compose import Beside
from harness.analysis.spending.hours import Tariff
from harness.catalog import accelerators
from harness.files.atomic import read_text
from harness.plan.sweeps.sweep import Sweep
from harness.run.bill.billed import watts_of
from harness.run.data.browse import glossed
from harness.run.study import Work
from harness.run.track.claims import show_claims
from harness.run.track.copying import copy_study
from harness.run.track.following import Following
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.score import score
from harness.run.track.tracking import follow_phases, sync, sync_report
from harness.spec.cluster import Cluster
from harness.spec.load import from_yaml
from harness.spec.phase import AnyPhase


def publish(work: Work, uri: str) -> None:
    """Score what is finished and write it to MLflow at `uri`; raises HarnessError where one of them cannot be done.

    The report is left alone: that is for the end, not for every phase on the way.
    """
    score(work.runs, work.study, work.data)
    sync(work.runs, results(work.runs, work.study, work.data), uri)


def claims(work: Work, options: argparse.Namespace, console: Console) -> bool:
    """Print published figures beside the study's own; returns whether none is outside the tolerance asked for."""
    return show_claims(work, options, console)


def follow(work: Work, phases: Sequence[AnyPhase], following: Following, uri: str) -> None:
    """Write to MLflow at `uri` what training phases among `phases` have told since the last time; nothing is analysed.

    Raises HarnessError where the store cannot be reached or used; the next call writes the same.
    """
    changed = following.changed(phases)
    if changed:
        follow_phases(work.runs, work.study.sweep.name, tuple(changed), uri)
        following.written(changed)


def conclude(work: Work, uri: str) -> None:
    """Write the report that lies in the run folder to MLflow at `uri`; raises HarnessError."""
    sync_report(work.runs, results(work.runs, work.study, work.data), uri)


def sync_all(work: Work, uri: str) -> None:
    """Score what is finished, report it, and write both to MLflow at `uri`; raises HarnessError."""
    report(work)
    answer = results(work.runs, work.study, work.data)
    sync(work.runs, answer, uri)
    sync_report(work.runs, answer, uri)


def copied(sweep_file: Path, source: str, target: str) -> SyncResult:
    """Copy the study of `sweep_file` from the MLflow at `source` to that at `target`; raises HarnessError."""
    sweep = from_yaml(Sweep, read_text(sweep_file, "a sweep file such as jobs/demo.yaml"), str(sweep_file))
    return copy_study(sweep.name, source, target)


def report(work: Work) -> tuple[RenderableType, reports.Written]:
    """Score what is finished and write the report; returns its closing words and its files."""
    score(work.runs, work.study, work.data)
    answer = results(work.runs, work.study, work.data)
    folder = work.runs / "reports" / work.study.sweep.name
    beside = Beside(glossed(work.study, work.data), tariff(work.cluster))
    return reports.closing(answer), reports.write(answer, folder, beside)


def tariff(cluster: Cluster) -> Tariff | None:
    """What `cluster` says that its accelerators cost and draw; None where it does not say what they are."""
    hardware = cluster.hardware
    if hardware is None:
        return None
    device = accelerators.device(hardware.device)
    names = device.reported if device else (accelerators.CPU,)
    return Tariff(names, hardware.price, hardware.currency, watts_of(cluster))
