"""The door: `harness run | submit | plan | status | logs | retry | cancel | gc | score | sync | report | ...`."""

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.cli_parser import parser
from harness.cli_run import run
from harness.cli_words import BAD_INPUT, FAILED, console, end, opened, powering, publishing, told, tracking_uri, view
from harness.files.layout import checked_runs, usable_runs
from harness.run import launchers
from harness.run.data import command as data_command
from harness.run.diff import as_json, compare
from harness.run.diff import told as differences
from harness.run.doctor import command as doctor_command
from harness.run.exchange import command as exchange_command
from harness.run.exchange import score_command as submission_command
from harness.run.logs import logs
from harness.run.measure import measure_lengths
from harness.run.merge.command import look, merged
from harness.run.overview import overview
from harness.run.schedulers.submit import submit
from harness.run.show import show_json, show_plan, show_status
from harness.run.stop import Stopped
from harness.run.study import Work, open_work
from harness.run.tidy import still_needed, tidied
from harness.run.track.address import address
from harness.run.upkeep import cancel, retry
from harness.spec.errors import HarnessError
from harness.spec.redact import redacted

GOES_ON = "nothing finished is lost; the same command goes on from here"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns 0, 1 where a phase failed, 2 for bad input, 3 where a limit was reached, 130 or 143 when stopped.
    """
    options = parser().parse_args(arguments)
    options.line = sys.argv[1:] if arguments is None else arguments
    try:
        return ACTIONS[options.command](options)
    except HarnessError as error:
        return end(f"harness: error: {redacted(str(error))}", BAD_INPUT)
    except BrokenPipeError:  # whoever read what is printed has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a full disk, a folder that may not be written: the name and the system's own words
        place = error.filename or "a file"
        return end(f"harness: error: {place}: {error.strerror}; once that is mended: {GOES_ON}", BAD_INPUT)
    except Stopped as stop:
        return end(f"harness: {stop}: {GOES_ON}", stop.exit_code)
    except KeyboardInterrupt:
        return end(f"harness: interrupted: {GOES_ON}", 130)


def _submit(options: argparse.Namespace) -> int:
    submit(opened(options), lambda line: print(line, flush=True))
    return told(["when jobs have ended, the same command submits what is left, and `harness sync` tells the results"])


def _plan(options: argparse.Namespace) -> int:
    with _uncollected():
        work = opened(options)
        if options.measure:
            measure_lengths(work, launchers.launcher("torchrun"), lambda line: print(line, file=sys.stderr, flush=True))
        found = overview(work)
        like = _like(options)
        if options.json:
            show_json(found, console(), powering().power_json(work, like) if options.power else None)
            return 0
        show_plan(found, console())
        if options.power:
            powering().show_power(work, like, console())
    return 0


def _like(options: argparse.Namespace) -> Work | None:
    """The finished sweep whose spreads count, on the same run folder."""
    if options.like is None:
        return None
    if not options.power:
        raise HarnessError("--like names the finished sweep that --power takes its spreads from; give both")
    return open_work(options.like, options.data, options.runs, options.cluster, options.launcher)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a plan only grows, and to look through it over and over takes a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nor once more as the process ends
        gc.enable()


def _status(options: argparse.Namespace) -> int:
    show_status(checked_runs(options.runs), console())
    return 0


def _logs(options: argparse.Namespace) -> int:
    try:
        return told(logs(checked_runs(options.runs), options.name, options.follow, options.raw))
    except KeyboardInterrupt:  # how one stops to read
        return 0


def _retry(options: argparse.Namespace) -> int:
    if not options.names and not options.failed:
        raise HarnessError("retry what? give ids or beginnings of slugs, or --failed for every failed phase")
    return told(retry(checked_runs(options.runs), options.names, options.failed))


def _cancel(options: argparse.Namespace) -> int:
    return told(cancel(checked_runs(options.runs)))


def _gc(options: argparse.Namespace) -> int:
    runs = checked_runs(options.runs)
    needed = still_needed(options.sweeps, options.data, runs) if options.orphans else None
    return told(tidied(runs, needed, options.weights, options.yes))


def _merge(options: argparse.Namespace) -> int:
    found = look(options.sources, usable_runs(options.runs))
    told(merged(found, options.yes))
    return FAILED if found.damaged else 0


def _diff(options: argparse.Namespace) -> int:
    found = compare(options.runs, options.left, options.right)
    return told([as_json(found)] if options.json else differences(found))


def _score(options: argparse.Namespace) -> int:
    if options.labels is not None:
        refused = submission_command.scored(options, console())
        for sentence in refused:
            end(f"harness: error: {sentence}", BAD_INPUT)
        return BAD_INPUT if refused else 0
    if options.sweep.is_dir():
        raise HarnessError(f"{options.sweep}: is a folder; predictions are scored with the folder of their labels")
    work = opened(options)
    return told([f"scored {len(publishing().score(work.runs, work.study, work.data))} evaluations"])


def _sync(options: argparse.Namespace) -> int:
    uri = tracking_uri(options)
    if options.to is not None:
        done = publishing().copied(options.sweep, uri, address(options.to, "--to"))
        counts = f"{done.written} runs written, {done.unchanged} unchanged, {done.deleted} deleted"
        return told([f"{counts}; {view(options.to)}"])
    work = opened(options)
    publishing().sync_all(work, uri)
    return told([f"MLflow holds what {work.runs} holds; {view(uri)}"])


def _report(options: argparse.Namespace) -> int:
    written = publishing().report(opened(options))[1]
    return told([f"report: {written.html}", f"as Markdown: {written.markdown}"])


def _claims(options: argparse.Namespace) -> int:
    return 0 if publishing().claims(opened(options), options, console()) else FAILED


def _data(options: argparse.Namespace) -> int:
    return data_command.answer(options, console())


def _doctor(options: argparse.Namespace) -> int:
    return doctor_command.answer(options, tracking_uri(options), console())


def _import(options: argparse.Namespace) -> int:
    return told(exchange_command.imported(options))


def _export(options: argparse.Namespace) -> int:
    return told(exchange_command.exported(options))


def _register(options: argparse.Namespace) -> int:
    return told([*exchange_command.registered(options, tracking_uri(options)), view(tracking_uri(options))])


ACTIONS = {
    "run": run,
    "submit": _submit,
    "plan": _plan,
    "status": _status,
    "logs": _logs,
    "retry": _retry,
    "cancel": _cancel,
    "gc": _gc,
    "diff": _diff,
    "merge": _merge,
    "score": _score,
    "sync": _sync,
    "report": _report,
    "claims": _claims,
    "data": _data,
    "doctor": _doctor,
    "import": _import,
    "export": _export,
    "register": _register,
}


if __name__ == "__main__":
    sys.exit(main())
