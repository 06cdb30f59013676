"""What `harness doctor` does with its options."""

import argparse
import dataclasses
from pathlib import Path

from rich.console import Console

from harness.files.layout import usable_runs
from harness.run import launchers
from harness.run.doctor.diagnose import Asked, diagnose
from harness.run.doctor.show import show, show_json
from harness.run.study import open_cluster, open_work

UNSOUND = 1  # the exit code where there is an error among the findings


def answer(options: argparse.Namespace, tracking: str, console: Console) -> int:
    """Look at the cluster of the command line, print it, and return the exit code; `tracking` is MLflow's URI."""
    runs = usable_runs(options.runs).absolute()
    work = options.sweep and open_work(options.sweep, options.data, runs, options.cluster, options.launcher)
    cluster = work.cluster if work else open_cluster(Path(), "local", options.cluster)
    if options.launcher:
        cluster = dataclasses.replace(cluster, launcher=options.launcher)
    found = diagnose(Asked(runs, cluster, tracking, work, options.quick), launchers.launcher(cluster.launcher))
    (show_json if options.json else show)(found, cluster, console)
    return 0 if found.sound else UNSOUND
