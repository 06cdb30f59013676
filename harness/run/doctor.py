"""`harness doctor`: what a cluster's machine can do, measured, beside what its maker promises."""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from harness.catalog import accelerators
from harness.files.ceiling import Ceiling, read_ceiling
from harness.files.disk import Disk, check_writable, measure
from harness.files.layout import usable_runs
from harness.run import launchers
from harness.run.child import Launcher, devices, ending, launched
from harness.run.offload import check_offload
from harness.run.scripts import left
from harness.run.stop import interruptible
from harness.run.study import open_cluster
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import dump

LONGEST = 600.0  # seconds
UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


def answer(options: argparse.Namespace, console: Console) -> int:
    """Measure the cluster of the command line, print it, and return the exit code."""
    cluster = open_cluster(Path(), "local", options.cluster)
    found = diagnose(usable_runs(options.runs).absolute(), cluster, launchers.launcher(cluster.launcher))
    (show_json if options.json else show)(found, console)
    return 0


@dataclass(frozen=True)
class Diagnosis:
    """What was measured: by the worker, of the run folder's disk, and of the folder to offload to."""

    ceiling: Ceiling
    disk: Disk
    offload: Disk | None


def diagnose(runs: Path, cluster: Cluster, launcher: Launcher) -> Diagnosis:
    """Measure `cluster`, and keep it below `runs`; raises HarnessError where the worker or a folder fails."""
    if cluster.accelerator == "cuda":
        devices(cluster)
    check_offload(cluster)
    runs.mkdir(parents=True, exist_ok=True)
    check_writable(runs, "--runs")
    worker = ("harness.worker.doctor", "--accelerator", cluster.accelerator, str(runs))
    log = runs / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-doctor.log"
    with interruptible(), launched(left(launcher(worker, cluster), runs, log.stem), log, runs) as launch:
        status = launch.wait(LONGEST)
    ceiling = read_ceiling(runs)
    if status != 0 or ceiling is None:
        why = launch.last_error or ("it took too long" if status is None else f"it {ending(status)}")
        raise HarnessError(f"cluster '{cluster.name}': could not be measured: {why} (log: {log})")
    offload = cluster.hardware.nvme_path if cluster.hardware else None
    return Diagnosis(ceiling, measure(runs), measure(Path(offload)) if offload else None)


def show(found: Diagnosis, console: Console) -> None:
    """Print it, rates beside those of the table of accelerators."""
    ceiling = found.ceiling
    threads = f"{ceiling.threads} thread{'' if ceiling.threads == 1 else 's'}"
    console.print(f"{ceiling.device}: {ceiling.processes} at once, with {threads} each", highlight=False)
    console.print(", ".join(f"{name} {version}" for name, version in ceiling.packages.items()), highlight=False)
    table = Table(box=SIMPLE_HEAD)
    for column in ("", "measured", "promised", ""):
        table.add_column(column, justify="left" if column == "" else "right")
    for name, rate, unit, promised in _rates(ceiling):
        share = f"{rate / promised:.0%}" if promised else ""
        table.add_row(name, scaled(rate, unit), scaled(promised, unit) if promised else "", share)
    for name, disk in (("run folder", found.disk), ("offload folder", found.offload)):
        if disk:
            table.add_row(f"{name}, written", scaled(disk.write, "B/s"), "", "")
            inodes = "" if disk.inodes is None else f", {disk.inodes:,} inodes"
            table.add_row(f"{name}, free", f"{scaled(disk.free, 'B')}{inodes}", "", "")
    console.print(table)


def show_json(found: Diagnosis, console: Console) -> None:
    """Print it for other programs."""
    whole: dict[str, Any] = {
        **dump(found.ceiling),
        "promised": {name: promised for name, _, _, promised in _rates(found.ceiling) if promised},
        "disk": found.disk._asdict(),
        "offload": found.offload._asdict() if found.offload else None,
    }
    console.print(json.dumps(whole, indent=1), markup=False, highlight=False, soft_wrap=True)


def scaled(number: float, unit: str) -> str:
    """A number with a prefix: 12.3 GB/s."""
    for size, prefix in UNITS:
        if number >= size:
            return f"{number / size:,.3g} {prefix}{unit}"
    return f"{number:,.3g} {unit}"


def _rates(ceiling: Ceiling) -> list[tuple[str, float, str, float | None]]:
    """Name, measured rate, unit, and what the table promises of it."""
    device = accelerators.reported(ceiling.device)
    bandwidth = device.bandwidth_gb_s * 1e9 if device else None
    rows = [
        ("matrix products, bf16", ceiling.matmul_bf16, "FLOP/s", device.peak("bf16") if device else None),
        ("matrix products, fp32", ceiling.matmul_fp32, "FLOP/s", device.peak("fp32") if device else None),
        ("memory, copied", ceiling.copy, "B/s", bandwidth),
        ("memory, a = b + s c", ceiling.triad, "B/s", bandwidth),
        ("all-reduce, sent", ceiling.all_reduce, "B/s", None),
        ("host to device", ceiling.to_device, "B/s", None),
        ("device to host", ceiling.from_device, "B/s", None),
    ]
    return [(name, rate, unit, promised) for name, rate, unit, promised in rows if rate is not None]
