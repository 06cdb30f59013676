"""The door: `harness run | plan | status | retry | cancel | gc | score | sync | report`."""

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType

from rich.console import Console

from harness.files.layout import checked_runs, damaged
from harness.plan.dag import Plan, plan
from harness.run import launchers
from harness.run.check import at_hand
from harness.run.conduct import conduct
from harness.run.overview import overview
from harness.run.progress import display
from harness.run.show import show_json, show_plan, show_status
from harness.run.stop import Stopped
from harness.run.store import States
from harness.run.study import Work, open_study, open_work
from harness.run.upkeep import cancel, collect, leftovers, retry, size
from harness.spec.errors import HarnessError

BAD_INPUT, FAILED = 2, 1
PLAIN_WIDTH = 140  # columns, where output is not a terminal
GOES_ON = "nothing finished is lost; the same command goes on from here"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns 0, 1 where a phase failed, 2 for bad input, 130 or 143 when stopped."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.action(options))
    except HarnessError as error:
        return _end(f"harness: error: {error}", BAD_INPUT)
    except OSError as error:  # a full disk, a folder that may not be written: the name and the system's own words
        place = error.filename or "a file"
        return _end(f"harness: error: {place}: {error.strerror}; once that is mended: {GOES_ON}", BAD_INPUT)
    except Stopped as stop:
        return _end(f"harness: {stop}: {GOES_ON}", stop.exit_code)
    except KeyboardInterrupt:
        return _end(f"harness: interrupted: {GOES_ON}", 130)


def _run(options: argparse.Namespace) -> int:
    work = _work(options)
    uri = _tracking_uri(options)
    with display(_console()) as shown:
        standing = conduct(
            work, launchers.launcher(work.cluster.launcher), shown, lambda: _publish().publish(work, uri)
        )
    return _close(work, standing, uri)


def _plan(options: argparse.Namespace) -> int:
    (show_json if options.json else show_plan)(overview(_work(options)), _console())
    return 0


def _status(options: argparse.Namespace) -> int:
    show_status(checked_runs(options.runs), _console())
    return 0


def _retry(options: argparse.Namespace) -> int:
    if not options.names and not options.failed:
        raise HarnessError("retry what? give ids or beginnings of slugs, or --failed for every failed phase")
    return _told(retry(checked_runs(options.runs), options.names, options.failed))


def _cancel(options: argparse.Namespace) -> int:
    return _told(cancel(checked_runs(options.runs)))


def _gc(options: argparse.Namespace) -> int:
    runs = checked_runs(options.runs)
    needed = _needed(options, runs) if options.orphans else None
    _told(damaged(runs))
    found = leftovers(runs, needed, options.weights)
    _told(f"{path.relative_to(runs)}  {size(path) / 2**20:.1f} MiB" for path in found)
    if options.yes:
        collect(runs, needed, options.weights)
    elif found:
        _told(["nothing was removed; add --yes to remove these"])
    return 0


def _needed(options: argparse.Namespace, runs: Path) -> Plan:
    """Every phase that a sweep still asks for; raises HarnessError where their ids are provisional."""
    if not options.sweeps:
        raise HarnessError("--orphans removes what no sweep asks for; name the sweep files that still count")
    needed: Plan = ()
    for sweep in options.sweeps:
        asked = plan(open_study(sweep, options.data, runs).leaves)
        if not at_hand(asked):
            raise HarnessError(
                f"{sweep}: some of its data are not at hand, so its phases cannot be told from orphans; "
                "name the data folder with --data"
            )
        needed += asked
    return needed


def _score(options: argparse.Namespace) -> int:
    work = _work(options)
    return _told([f"scored {len(_publish().score(work.runs, work.study, work.data))} evaluations"])


def _sync(options: argparse.Namespace) -> int:
    work, uri = _work(options), _tracking_uri(options)
    _publish().publish(work, uri)
    return _told([f"MLflow holds what {work.runs} holds; {_view(uri)}"])


def _report(options: argparse.Namespace) -> int:
    work = _work(options)
    _, path = _publish().report(work)
    return _told([f"report: {path}"])


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
    return importlib.import_module("harness.run.publish")


def _tracking_uri(options: argparse.Namespace) -> str:
    return options.mlflow or f"sqlite:///{options.runs.absolute() / 'mlflow.db'}"


def _view(uri: str) -> str:
    if uri.startswith("http"):
        return f"MLflow: {uri}"
    command = Path(os.path.relpath(Path(sys.executable).parent / "mlflow"))
    return f"MLflow: {command} ui --backend-store-uri {shlex.quote(uri)}"


def _told(lines: Iterable[str]) -> int:
    for line in lines:
        print(line, flush=True)
    return 0


def _end(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="harness", description="How much does intermediate-task compute buy?")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, action: Callable[[argparse.Namespace], int], does: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=does, description=does)
        made.set_defaults(action=action)
        made.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="the run folder (runs)")
        return made

    def sweep_command(name: str, action: Callable[[argparse.Namespace], int], does: str) -> argparse.ArgumentParser:
        made = command(name, action, does)
        made.add_argument("sweep", type=Path, metavar="SWEEP", help="a sweep file, such as jobs/demo.yaml")
        made.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
        made.add_argument("--cluster", type=Path, metavar="FILE", help="another cluster than the sweep names")
        made.add_argument("--launcher", choices=launchers.names(), help="another launcher than the cluster names")
        return made

    run = sweep_command("run", _run, "run every phase of a sweep that is not finished, then report")
    sync = sweep_command("sync", _sync, "score what is finished and write MLflow anew from the run folder")
    for made in (run, sync):
        made.add_argument("--mlflow", metavar="URI", help="tracking server (a local sqlite file in the run folder)")
    shown = sweep_command("plan", _plan, "show points, phases, what is shared, done and pending, and FLOPs")
    shown.add_argument("--json", action="store_true", help="for other programs")
    sweep_command("score", _score, "score finished evaluations from their stored predictions")
    sweep_command("report", _report, "write the report of what is finished")
    command("status", _status, "show what is done, running, pending and failed in a run folder")
    command("cancel", _cancel, "stop whatever works on a run folder")
    again = command("retry", _retry, "make failed phases run again, or a finished one named by its id")
    again.add_argument("names", nargs="*", metavar="ID|SLUG", help="beginning of an id or of a slug, 4 letters or more")
    again.add_argument("--failed", action="store_true", help="every failed phase")
    _add_gc_options(command("gc", _gc, "list what can be removed from a run folder, and remove it with --yes"))
    return parser


def _add_gc_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sweeps", nargs="*", type=Path, metavar="SWEEP", help="sweep files that still count")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    parser.add_argument("--weights", action="store_true", help="also weights that nothing unfinished reads")
    parser.add_argument("--orphans", action="store_true", help="also phases that none of the sweeps asks for")
    parser.add_argument("--yes", action="store_true", help="remove what is listed")


if __name__ == "__main__":
    sys.exit(main())
