"""What commands of the command line share: what they open, where they print, how they end."""

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from rich.console import Console

from harness.run.study import Work, open_work
from harness.run.track.address import address
from harness.spec.redact import redacted

BAD_INPUT, FAILED, SPENT = 2, 1, 3
PLAIN_WIDTH = 140  # columns, where output is not a terminal


def opened(options: argparse.Namespace) -> Work:
    """The sweep that `options` name, on its run folder and cluster; raises HarnessError."""
    return open_work(options.sweep, options.data, options.runs, options.cluster, options.launcher)


def console() -> Console:
    """The terminal as wide as it is; elsewhere wide enough that no table is cut."""
    return Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)


def publishing() -> ModuleType:
    """Loaded when it is needed: MLflow, scipy and matplotlib take seconds that `harness plan` does not have."""
    return importlib.import_module("harness.run.track.publish")


def powering() -> ModuleType:
    """Loaded when it is asked for, as `publishing` is: scipy takes a while."""
    return importlib.import_module("harness.run.power")


def tracking_uri(options: argparse.Namespace) -> str:
    """Where MLflow is: a sqlite file in the run folder, if nothing else is said; raises HarnessError."""
    if options.mlflow is None:
        return f"sqlite:///{options.runs.absolute() / 'mlflow.db'}"
    return address(options.mlflow, "--mlflow")


def view(uri: str) -> str:
    """How to look at it."""
    if uri.startswith("http"):
        return f"MLflow: {redacted(uri)}"
    command = Path(os.path.relpath(Path(sys.executable).parent / "mlflow"))
    return f"MLflow: {command} ui --backend-store-uri {shlex.quote(redacted(uri))}"


def told(lines: Iterable[str]) -> int:
    """Print `lines` as they come; returns the exit status of success."""
    for line in lines:
        print(line, flush=True)
    return 0


def end(sentence: str, code: int) -> int:
    """Say why a command ends with `code`, and return that."""
    print(sentence, file=sys.stderr)
    return code
