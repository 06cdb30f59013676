"""The door: `harness run | submit | plan | status | logs | retry | cancel | gc | score | sync | report | ...`."""

import argparse
import gc
import importlib
import os
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from rich.console import Console

from harness.cli_parser import parser
from harness.files.layout import checked_runs, smoke_folder, usable_runs
from harness.run import launchers, smoke
from harness.run.check import check
from harness.run.conduct import limit as limits
from harness.run.conduct.ledger import SpentError
from harness.run.conduct.loop import conduct
from harness.run.conduct.supervise import supervised
from harness.run.data import command as data_command
from harness.run.data.at_hand import check_models
from harness.run.diff import as_json, compare, told
from harness.run.doctor import command as doctor_command
from harness.run.exchange import command as exchange_command
from harness.run.exchange import score_command as submission_command
from harness.run.logs import logs
from harness.run.measure import measure_lengths
from harness.run.merge.command import look, merged
from harness.run.overview import overview
from harness.run.progress import display, duration
from harness.run.schedulers.submit import submit
from harness.run.show import show_json, show_plan, show_status
from harness.run.stop import Stopped
from harness.run.store import States, states
from harness.run.study import Work, open_work
from harness.run.tidy import still_needed, tidied
from harness.run.upkeep import cancel, retry
from harness.spec.errors import HarnessError
from harness.spec.redact import redacted

BAD_INPUT, FAILED, SPENT = 2, 1, 3
PLAIN_WIDTH = 140  # columns, where output is not a terminal
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
        return _end(f"harness: error: {redacted(str(error))}", BAD_INPUT)
    except BrokenPipeError:  # whoever read what is printed has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a full disk, a folder that may not be written: the name and the system's own words
        place = error.filename or "a file"
        return _end(f"harness: error: {place}: {error.strerror}; once that is mended: {GOES_ON}", BAD_INPUT)
    except Stopped as stop:
        return _end(f"harness: {stop}: {GOES_ON}", stop.exit_code)
    except KeyboardInterrupt:
        return _end(f"harness: interrupted: {GOES_ON}", 130)


def _run(options: argparse.Namespace) -> int:
    if options.restart:
        return supervised([sys.executable, "-m", "harness.cli", *(it for it in options.line if it != "--restart")])
    began = time.monotonic()
    work = _work(options)
    if options.smoke:
        return _smoke(work, began)
    uri = _tracking_uri(options)
    limit = limits.limit(work, options.max_accelerator_hours)
    check(work)  # what is wrong with the sweep comes before what is away
    check_models(work.plan, work.data)
    try:
        with display(_console()) as shown:
            launcher = launchers.launcher(work.cluster.launcher)
            standing = conduct(work, launcher, shown, lambda: _publish().publish(work, uri), limit)
    except SpentError:
        return _spent(options, work, uri)
    status = _close(work, standing, uri)
    _told([f"this command took {duration(time.monotonic() - began)}"])
    return status


def _submit(options: argparse.Namespace) -> int:
    submit(_work(options), lambda line: print(line, flush=True))
    return _told(["when jobs have ended, the same command submits what is left, and `harness sync` tells the results"])


def _smoke(work: Work, began: float) -> int:
    with display(_console()) as shown:
        tried = smoke.rehearse(work, launchers.launcher(work.cluster.launcher), shown)
    _console().print(smoke.table(tried).rich())
    _told([f"this command took {duration(time.monotonic() - began)}; nothing of it is among the results"])
    if all(each.passed for each in tried):
        return 0
    return _end(
        f"harness: error: not every kind of phase can be run (logs: {smoke_folder(work.runs) / 'logs'})", FAILED
    )


def _spent(options: argparse.Namespace, work: Work, uri: str) -> int:
    """At the limit: the report of what is finished, and a sentence; if that is everything, as if there were none."""
    try:
        _publish().publish(work, uri)
    except HarnessError as error:
        _told([f"warning: {error}"])
    standing = states(work.runs, work.plan)
    if all(state.status == "done" for state in standing.values()):
        return _close(work, standing, uri)
    _told([f"report of what is finished: {_publish().report(work)[1]}", _view(uri)])
    return _end(f"harness: {limits.reached(work, options.max_accelerator_hours, standing)}", SPENT)


def _plan(options: argparse.Namespace) -> int:
    with _uncollected():
        work = _work(options)
        if options.measure:
            measure_lengths(work, launchers.launcher("torchrun"), lambda line: print(line, file=sys.stderr, flush=True))
        (show_json if options.json else show_plan)(overview(work), _console())
    return 0


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
    show_status(checked_runs(options.runs), _console())
    return 0


def _logs(options: argparse.Namespace) -> int:
    try:
        return _told(logs(checked_runs(options.runs), options.name, options.follow, options.raw))
    except KeyboardInterrupt:  # how one stops to read
        return 0


def _retry(options: argparse.Namespace) -> int:
    if not options.names and not options.failed:
        raise HarnessError("retry what? give ids or beginnings of slugs, or --failed for every failed phase")
    return _told(retry(checked_runs(options.runs), options.names, options.failed))


def _cancel(options: argparse.Namespace) -> int:
    return _told(cancel(checked_runs(options.runs)))


def _gc(options: argparse.Namespace) -> int:
    runs = checked_runs(options.runs)
    needed = still_needed(options.sweeps, options.data, runs) if options.orphans else None
    return _told(tidied(runs, needed, options.weights, options.yes))


def _merge(options: argparse.Namespace) -> int:
    found = look(options.sources, usable_runs(options.runs))
    _told(merged(found, options.yes))
    return FAILED if found.damaged else 0


def _diff(options: argparse.Namespace) -> int:
    found = compare(options.runs, options.left, options.right)
    return _told([as_json(found)] if options.json else told(found))


def _score(options: argparse.Namespace) -> int:
    if options.labels is not None:
        refused = submission_command.scored(options, _console())
        for sentence in refused:
            _end(f"harness: error: {sentence}", BAD_INPUT)
        return BAD_INPUT if refused else 0
    if options.sweep.is_dir():
        raise HarnessError(f"{options.sweep}: is a folder; predictions are scored with the folder of their labels")
    work = _work(options)
    return _told([f"scored {len(_publish().score(work.runs, work.study, work.data))} evaluations"])


def _sync(options: argparse.Namespace) -> int:
    work, uri = _work(options), _tracking_uri(options)
    _publish().publish(work, uri)
    return _told([f"MLflow holds what {work.runs} holds; {_view(uri)}"])


def _report(options: argparse.Namespace) -> int:
    return _told([f"report: {_publish().report(_work(options))[1]}"])


def _data(options: argparse.Namespace) -> int:
    return data_command.answer(options, _console())


def _doctor(options: argparse.Namespace) -> int:
    return doctor_command.answer(options, _tracking_uri(options), _console())


def _import(options: argparse.Namespace) -> int:
    return _told(exchange_command.imported(options))


def _export(options: argparse.Namespace) -> int:
    return _told(exchange_command.exported(options))


def _close(work: Work, standing: States, uri: str) -> int:
    """The answer, where to read on, and what failed."""
    console = _console()
    words, path = _publish().report(work)
    console.print(words)
    _told([f"report: {path}", f"curve: {path.with_name('curve.png')}", _view(uri)])
    stuck = [state for state in standing.values() if state.status != "done"]
    for state in stuck:
        _told([f"{state.status}: {state.folder.path.name}: {state.reason}"])
    if stuck:
        return _end(
            "harness: error: not every phase is finished; `harness retry --failed` makes failed ones run again", FAILED
        )
    return 0


def _work(options: argparse.Namespace) -> Work:
    return open_work(options.sweep, options.data, options.runs, options.cluster, options.launcher)


def _console() -> Console:
    """The terminal as wide as it is; elsewhere wide enough that no table is cut."""
    return Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)


def _publish() -> ModuleType:
    """Loaded when it is needed: MLflow, scipy and matplotlib take seconds that `harness plan` does not have."""
    return importlib.import_module("harness.run.track.publish")


def _tracking_uri(options: argparse.Namespace) -> str:
    return options.mlflow or f"sqlite:///{options.runs.absolute() / 'mlflow.db'}"


def _view(uri: str) -> str:
    if uri.startswith("http"):
        return f"MLflow: {redacted(uri)}"
    command = Path(os.path.relpath(Path(sys.executable).parent / "mlflow"))
    return f"MLflow: {command} ui --backend-store-uri {shlex.quote(redacted(uri))}"


def _told(lines: Iterable[str]) -> int:
    for line in lines:
        print(line, flush=True)
    return 0


def _end(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


ACTIONS = {
    "run": _run,
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
    "data": _data,
    "doctor": _doctor,
    "import": _import,
    "export": _export,
}


if __name__ == "__main__":
    sys.exit(main())
