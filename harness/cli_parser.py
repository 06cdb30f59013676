"""The command line as a parser: commands and their options; what they do is in `harness.cli`."""

import argparse
from pathlib import Path

from harness.run import launchers


def parser() -> argparse.ArgumentParser:
    """The parser; what it reads has the name of the command as `command`."""
    whole = argparse.ArgumentParser(prog="harness", description="How much does intermediate-task compute buy?")
    commands = whole.add_subparsers(required=True, dest="command", metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=does, description=does)
        made.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="the run folder (runs)")
        return made

    def sweep_command(name: str, does: str) -> argparse.ArgumentParser:
        made = command(name, does)
        made.add_argument("sweep", type=Path, metavar="SWEEP", help="a sweep file, such as jobs/demo.yaml")
        made.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
        made.add_argument("--cluster", type=Path, metavar="FILE", help="another cluster than the sweep names")
        made.add_argument("--launcher", choices=launchers.names(), help="another launcher than the cluster names")
        return made

    run = sweep_command("run", "run every phase of a sweep that is not finished, then report")
    sync = sweep_command("sync", "score what is finished and write MLflow anew from the run folder")
    for made in (run, sync):
        made.add_argument("--mlflow", metavar="URI", help="tracking server (a local sqlite file in the run folder)")
    shown = sweep_command("plan", "show points, phases, what is shared, done and pending, and FLOPs")
    shown.add_argument("--json", action="store_true", help="for other programs")
    sweep_command("score", "score finished evaluations from their stored predictions")
    sweep_command("report", "write the report of what is finished")
    command("status", "show what is done, running, pending and failed in a run folder")
    command("cancel", "stop whatever works on a run folder")
    again = command("retry", "make failed phases run again, or a finished one named by its id")
    again.add_argument("names", nargs="*", metavar="ID|SLUG", help="beginning of an id or of a slug, 4 letters or more")
    again.add_argument("--failed", action="store_true", help="every failed phase")
    shown = command("data", "show a task: what it is, the rows at hand, the first ones in every language")
    shown.add_argument("task", metavar="TASK", help="a task's name, such as toy_qa")
    shown.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    shown.add_argument("--rows", type=int, default=2, metavar="N", help="how many rows of each language (2)")
    _add_gc_options(command("gc", "list what can be removed from a run folder, and remove it with --yes"))
    return whole


def _add_gc_options(gc: argparse.ArgumentParser) -> None:
    gc.add_argument("sweeps", nargs="*", type=Path, metavar="SWEEP", help="sweep files that still count")
    gc.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    gc.add_argument("--weights", action="store_true", help="also weights that nothing unfinished reads")
    gc.add_argument("--orphans", action="store_true", help="also phases that none of the sweeps asks for")
    gc.add_argument("--yes", action="store_true", help="remove what is listed")
