"""What becomes of finished phases: scores, the report, and their projection into MLflow."""

import argparse
from pathlib import Path

from rich.console import Console, RenderableType

from harness.analysis.report import report as reports
from harness.run.data.browse import glossed
from harness.run.study import Work
from harness.run.track.claims import show_claims
from harness.run.track.results import results
from harness.run.track.score import score
from harness.run.track.tracking import sync


def publish(work: Work, uri: str) -> None:
    """Score what is finished and write it to MLflow at `uri`; raises HarnessError where one of them cannot be done."""
    score(work.runs, work.study, work.data)
    sync(work.runs, results(work.runs, work.study, work.data), uri)


def claims(work: Work, options: argparse.Namespace, console: Console) -> bool:
    """Print published figures beside the study's own; returns whether none is outside the tolerance asked for."""
    return show_claims(work, options, console)


def report(work: Work) -> tuple[RenderableType, Path]:
    """Score what is finished and write the report; returns its closing words and its path."""
    score(work.runs, work.study, work.data)
    answer = results(work.runs, work.study, work.data)
    folder = work.runs / "reports" / work.study.sweep.name
    return reports.closing(answer), reports.write(answer, folder, glossed(work.study, work.data))
