"""The command line as a parser: commands and their options; what they do is in `harness.cli`."""

import argparse
from pathlib import Path
from typing import Any

from harness.run import launchers


def parser() -> argparse.ArgumentParser:
    """The parser; what it reads has the name of the command as `command`."""
    whole = argparse.ArgumentParser(prog="harness", description="How much does intermediate-task compute buy?")
    commands = whole.add_subparsers(required=True, dest="command", metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        # Options in full: an abbreviation would mean something else once there is another option, and `run --restart`
        # must find itself in the line that it hands on.
        made = commands.add_parser(name, help=does, description=does, allow_abbrev=False)
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
    _add_run_options(run)
    sweep_command("submit", "submit what is pending to Slurm, as jobs that wait for each other, and return")
    sync = sweep_command("sync", "score and report what is finished, and write MLflow anew from the run folder")
    sync.add_argument("--to", metavar="URI", help="copy what MLflow holds of the sweep there instead; needs no phases")
    for made in (run, sync):
        made.add_argument("--mlflow", metavar="URI", help="tracking server (a local sqlite file in the run folder)")
    shown = sweep_command("plan", "show points, phases, what is shared, done and pending, and FLOPs")
    shown.add_argument("--json", action="store_true", help="for other programs")
    shown.add_argument("--power", action="store_true", help="also which difference low minus high it could detect")
    shown.add_argument("--like", type=Path, metavar="SWEEP", help="of --power: a finished sweep, whose spreads count")
    shown.add_argument("--measure", action="store_true", help="read the texts first, to count their tokens")
    _add_score_options(sweep_command("score", "score finished evaluations, or a submission of the benchmark"))
    sweep_command("report", "write the report of what is finished")
    _add_claims_options(sweep_command("claims", "hold the results of a sweep against published figures, row by row"))
    command("status", "show what is done, running, pending and failed in a run folder")
    _add_logs_options(command("logs", "tell what phases do and did, from their journals"))
    command("cancel", "stop whatever works on a run folder")
    again = command("retry", "make failed phases run again, or a finished one named by its id")
    again.add_argument("names", nargs="*", metavar="ID|SLUG", help="beginning of an id or of a slug, 4 letters or more")
    again.add_argument("--failed", action="store_true", help="every failed phase")
    _add_data_options(command("data", "a task's rows; what of all tasks is at hand, and where they are from; fetch it"))
    _add_doctor_options(
        command("doctor", "look at a cluster before a long run: findings with their remedies, and rates")
    )
    given = command("import", "copy a transformers checkpoint into the run folder, for `models` of a sweep to name")
    given.add_argument("source", type=Path, metavar="DIR", help="holds config.json, tokenizer.json and safetensors")
    _add_exports(commands)
    _add_register_options(command("register", "register a finished training phase as a model in MLflow, with its card"))
    compared = command("diff", "show which fields of two phases differ")
    for name, metavar in (("left", "A"), ("right", "B")):
        compared.add_argument(name, metavar=metavar, help="the id or slug of a phase or its beginning, or its folder")
    compared.add_argument("--json", action="store_true", help="for other programs")
    brought = command("merge", "list what is finished in other run folders, and copy it into this one with --yes")
    brought.add_argument("sources", nargs="+", type=Path, metavar="FROM", help="a run folder; nothing in it is changed")
    brought.add_argument("--yes", action="store_true", help="copy what is listed")
    _add_gc_options(command("gc", "list what can be removed from a run folder, and remove it with --yes"))
    return whole


def _add_run_options(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--smoke",
        action="store_true",
        help="try every kind of phase for twenty steps or one batch, in <runs>/.smoke, and start nothing else",
    )
    run.add_argument("--restart", action="store_true", help="start it again if something kills it")
    run.add_argument(
        "--max-accelerator-hours",
        type=float,
        metavar="H",
        help="stop in good order, with status 3, once the launches of the run folder, earlier ones too, held so many",
    )


def _add_logs_options(told: argparse.ArgumentParser) -> None:
    told.add_argument(
        "name", nargs="?", metavar="ID|SLUG", help="of one phase, or its beginning (all that are at work)"
    )
    told.add_argument("-f", "--follow", action="store_true", help="go on until it ends, or until nothing is at work")
    told.add_argument("--raw", action="store_true", help="what its launches printed instead")


def _add_exports(commands: Any) -> None:
    does = "write what other programs read"
    parts = commands.add_parser("export", help=does, description=does).add_subparsers(
        required=True, dest="part", metavar="WHAT"
    )

    def export(name: str, does: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = parts.add_parser(name, help=does, description=does, allow_abbrev=False)
        made.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="the run folder (runs)")
        made.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder")
        return made

    submission = export("submission", "predictions of finished points in the benchmark's own layout")
    submission.add_argument("sweep", type=Path, metavar="SWEEP", help="a sweep file, such as jobs/xtreme_r.yaml")
    submission.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    submission.add_argument("--point", metavar="LABEL", help="one point, as `harness plan` calls it (all of them)")
    submission.add_argument("--suite", metavar="NAME", help="tasks and languages of xtreme or xtreme_r alone")
    submission.add_argument("--labels", action="store_true", help="the gold labels instead of predictions")
    checkpoint = export("checkpoint", "a finished training phase as a transformers checkpoint")
    checkpoint.add_argument("phase", metavar="ID", help="the id of the phase, or its beginning")
    checkpoint.add_argument("--head", metavar="TASK", help="which head, where the phase trained several")


def _add_register_options(register: argparse.ArgumentParser) -> None:
    register.add_argument("phase", metavar="ID", help="the id of the phase, or its beginning")
    register.add_argument("--as", dest="name", required=True, metavar="NAME", help="what the model is called there")
    register.add_argument("--head", metavar="TASK", help="which head, where the phase trained several")
    register.add_argument("--sweep", type=Path, metavar="SWEEP", help="whose points the card has (all evaluations)")
    register.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    register.add_argument("--mlflow", metavar="URI", help="tracking server (a local sqlite file in the run folder)")


def _add_score_options(score: argparse.ArgumentParser) -> None:
    score.usage = "harness score [OPTIONS] SWEEP\n       harness score [--json] [--suite NAME] PREDICTIONS LABELS"
    both = "with it, both are folders of {task}/test-{language} files"
    score.add_argument("labels", nargs="?", type=Path, metavar="LABELS", help=both)
    score.add_argument("--json", action="store_true", help="of a submission: everything, with full precision")
    score.add_argument("--suite", metavar="NAME", help="of a submission: whose languages count, xtreme or xtreme_r")


def _add_claims_options(claims: argparse.ArgumentParser) -> None:
    claims.add_argument("--facts", type=Path, metavar="FILE", help="other figures than the catalogue's, as JSON")
    claims.add_argument("--all", action="store_true", help="also figures that the sweep has no counterpart for")
    claims.add_argument(
        "--tolerance",
        type=float,
        metavar="POINTS",
        help="say whether verified figures of test sets are within so many points of ours; status 1 where one is not",
    )
    claims.add_argument("--json", action="store_true", help="for other programs")


def _add_data_options(data: argparse.ArgumentParser) -> None:
    data.add_argument(
        "what",
        metavar="TASK|status|fetch|tasks|models",
        help="a task's first rows in every language; what is there, whether it is whole and shows its gold; bring what "
        "a sweep needs from the hub below --data; the table of all tasks, or of all models",
    )
    data.add_argument("names", nargs="*", metavar="TASK|SWEEP", help="tasks of `status`, or the sweep file of `fetch`")
    data.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    data.add_argument("--rows", type=int, default=2, metavar="N", help="how many rows of each language of a TASK (2)")
    data.add_argument("--json", action="store_true", help="`status` for other programs")
    data.add_argument(
        "--markdown", action="store_true", help="`tasks` as docs/tasks.md has it, `models` as docs/models.md"
    )


def _add_doctor_options(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument(
        "sweep", nargs="?", type=Path, metavar="SWEEP", help="a sweep file, whose needs are looked at, too"
    )
    doctor.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    doctor.add_argument("--cluster", type=Path, metavar="FILE", help="a cluster file (the sweep's, or local.yaml)")
    doctor.add_argument("--launcher", choices=launchers.names(), help="another launcher than the cluster names")
    doctor.add_argument("--mlflow", metavar="URI", help="tracking server (a local sqlite file in the run folder)")
    doctor.add_argument("--quick", action="store_true", help="leave out the rates of matrix products, memory, disks")
    doctor.add_argument("--json", action="store_true", help="for other programs")


def _add_gc_options(gc: argparse.ArgumentParser) -> None:
    gc.add_argument("sweeps", nargs="*", type=Path, metavar="SWEEP", help="sweep files that still count")
    gc.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the tasks' files")
    gc.add_argument("--weights", action="store_true", help="also features, and weights that nothing unfinished reads")
    gc.add_argument("--orphans", action="store_true", help="also phases that none of the sweeps asks for")
    gc.add_argument("--yes", action="store_true", help="remove what is listed")
