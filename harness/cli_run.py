"""`harness run` from its options to its exit status: the run, its answer, or what it was stopped by."""

import argparse
import sys
import time

from harness.cli_words import FAILED, SPENT, console, end, opened, publishing, told, tracking_uri, view
from harness.files.layout import smoke_folder
from harness.run import launchers, smoke
from harness.run.check import check
from harness.run.conduct import limit as limits
from harness.run.conduct.ledger import SpentError
from harness.run.conduct.loop import conduct
from harness.run.conduct.supervise import supervised
from harness.run.data.at_hand import check_models
from harness.run.progress import display, duration
from harness.run.store import States, states
from harness.run.study import Work
from harness.run.track.following import Following
from harness.run.track.projecting import NOWHERE, Projecting, Projection
from harness.spec.errors import HarnessError


def run(options: argparse.Namespace) -> int:
    """Run a sweep; returns the exit status."""
    if options.restart:
        return supervised([sys.executable, "-m", "harness.cli", *(it for it in options.line if it != "--restart")])
    began = time.monotonic()
    if options.smoke and options.max_accelerator_hours is not None:
        raise HarnessError("--max-accelerator-hours limits the run itself; leave it out beside --smoke")
    work = opened(options)
    limit = limits.limit(work, options.max_accelerator_hours)
    check(work)  # what is wrong with the sweep comes before what is away
    check_models(work.plan, work.data)
    if options.smoke:
        return _smoke(work, began)
    uri = tracking_uri(options)
    try:
        with display(console()) as shown:
            launcher = launchers.launcher(work.cluster.launcher)
            standing = conduct(work, launcher, shown, _projection(work, uri), limit)
    except SpentError:
        return _spent(options, work, uri)
    status = _close(work, standing, uri)
    told([f"this command took {duration(time.monotonic() - began)}"])
    return status


def _projection(work: Work, uri: str) -> Projection:
    following = Following(work.runs)
    return Projection(
        lambda: publishing().publish(work, uri), lambda phases: publishing().follow(work, phases, following, uri)
    )


def _last(projection: Projection) -> None:
    Projecting(projection, lambda line: print(line, flush=True)).last()


def _smoke(work: Work, began: float) -> int:
    with display(console()) as shown:
        tried = smoke.rehearse(work, launchers.launcher(work.cluster.launcher), shown)
    console().print(smoke.table(tried).rich())
    told([f"this command took {duration(time.monotonic() - began)}; nothing of it is among the results"])
    if all(each.passed for each in tried):
        return 0
    return end(f"harness: error: not every kind of phase can be run (logs: {smoke_folder(work.runs) / 'logs'})", FAILED)


def _spent(options: argparse.Namespace, work: Work, uri: str) -> int:
    """At the limit: the report of what is finished, and a sentence; if that is everything, as if there were none."""
    _last(_projection(work, uri))
    standing = states(work.runs, work.plan)
    if all(state.status == "done" for state in standing.values()):
        return _close(work, standing, uri)
    told([f"report of what is finished: {publishing().report(work)[1].html}", view(uri)])
    _last(NOWHERE._replace(publish=lambda: publishing().conclude(work, uri)))
    return end(f"harness: {limits.reached(work, options.max_accelerator_hours, standing)}", SPENT)


def _close(work: Work, standing: States, uri: str) -> int:
    """The answer, where to read on, and what failed."""
    words, written = publishing().report(work)
    _last(NOWHERE._replace(publish=lambda: publishing().conclude(work, uri)))
    console().print(words)
    told([f"report: {written.html}", f"as Markdown: {written.markdown}", f"curve: {written.curve}", view(uri)])
    stuck = [state for state in standing.values() if state.status != "done"]
    for state in stuck:
        told([f"{state.status}: {state.folder.path.name}: {state.reason}"])
    if stuck:
        return end(
            "harness: error: not every phase is finished; `harness retry --failed` makes failed ones run again", FAILED
        )
    return 0
