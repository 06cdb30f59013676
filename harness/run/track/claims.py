"""`harness claims`: a study's results beside published figures, from the catalogue or from a file of facts."""

import argparse
import json
import math
from pathlib import Path

from rich.console import Console

from harness.analysis.points.claims import hold
from harness.analysis.tables.claims_table import held_tables, notes, plain
from harness.catalog import find
from harness.catalog.facts import read_claims
from harness.run.study import Work
from harness.run.track.results import results
from harness.run.track.score import score
from harness.spec.claim import Claim
from harness.spec.errors import HarnessError


def show_claims(work: Work, options: argparse.Namespace, console: Console) -> bool:
    """Score what is finished and print the table, or JSON; returns whether no figure is outside the tolerance.

    Raises HarnessError for facts that cannot be read, or a tolerance that is none.
    """
    tolerance = _tolerance(options.tolerance)
    claims = _claims(options.facts)
    score(work.runs, work.study, work.data)
    answer = results(work.runs, work.study, work.data)
    held = hold(answer.points, answer.gains, claims, tolerance)
    if options.json:
        shown = [each for each in held if options.all or not each.absent]
        absent = sum(each.absent is not None for each in held)
        content = {"claims": [plain(each) for each in shown], "without_counterpart": absent, "tolerance": tolerance}
        print(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        tables = list(held_tables(held, tolerance, options.all))
        for table in tables:
            console.print(table.rich())
        for note in () if tables else notes(held, tolerance, options.all):
            console.print(note)
    return all(each.within is not False for each in held)


def _claims(facts: Path | None) -> tuple[Claim, ...]:
    return find.claims() if facts is None else read_claims(facts)


def _tolerance(given: float | None) -> float | None:
    if given is not None and (not math.isfinite(given) or given < 0):
        raise HarnessError(f"--tolerance is {given:g}; expected points, such as 1.5")
    return given
