"""What `harness import`, `harness export` and `harness register` do, told in lines."""

import argparse
import importlib
from collections.abc import Iterable

from harness.files.layout import checked_runs, usable_runs
from harness.run.exchange.imports import import_checkpoint
from harness.run.study import open_study


def imported(options: argparse.Namespace) -> Iterable[str]:
    """Copy a checkpoint into the run folder; says how a sweep names it. Raises HarnessError for what is none."""
    made = import_checkpoint(options.source, usable_runs(options.runs))
    name = f'models: [{{name: mine, imported: "{made.digest[:12]}"}}]'  # quoted: digits alone would be a number
    head = "" if made.masked_head else "; it has no head for masked text, so `mlm` would train a fresh one"
    return (f"imported {made.digest}", f"in a sweep: {name}{head}")


def exported(options: argparse.Namespace) -> Iterable[str]:
    """Write what the command line asks for; says where. Raises HarnessError for what is not finished."""
    return EXPORTS[options.part](options)


def registered(options: argparse.Namespace, uri: str) -> Iterable[str]:
    """Register a model in MLflow at `uri`; says its version. Raises HarnessError for a phase that cannot be."""
    module = importlib.import_module("harness.run.exchange.register")  # MLflow takes seconds
    runs = checked_runs(options.runs)
    study = None
    if options.sweep:
        study = open_study(options.sweep, options.data, runs)
        importlib.import_module("harness.run.track.score").score(runs, study, options.data)
    version, new = module.register(runs, module.Wanted(options.phase, options.name, options.head, study), uri)
    return (f"{options.name}, version {version}{'' if new else ' (as before)'}: models:/{options.name}/{version}",)


def _checkpoint(options: argparse.Namespace) -> Iterable[str]:
    checkpoint = importlib.import_module("harness.run.exchange.checkpoint")  # numpy takes half a second
    kind = checkpoint.export_checkpoint(checked_runs(options.runs), options.phase, options.to, options.head)
    return (f"{options.to}: {kind} and its tokenizer, for from_pretrained",)


def _submission(options: argparse.Namespace) -> Iterable[str]:
    exports = importlib.import_module("harness.run.exchange.export_submission")
    runs = usable_runs(options.runs)
    study = open_study(options.sweep, options.data, runs)
    source = exports.Source(runs, options.data, options.suite)
    if options.labels:
        return (exports.export_labels(source, study, options.to),)
    lines: Iterable[str] = exports.export_submissions(source, study, options.to, options.point)
    return lines


EXPORTS = {"checkpoint": _checkpoint, "submission": _submission}
