"""The printed answers of `harness doctor`: a line for each finding, then a table of rates; or all of it as JSON."""

import json
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.files.ceiling import Ceiling
from harness.run.doctor.diagnose import Diagnosis
from harness.run.doctor.finding import Finding, Level
from harness.run.doctor.rates import rates, scaled
from harness.spec.cluster import Cluster
from harness.spec.load import dump

STYLES: dict[Level, str] = {"ok": "green", "warning": "yellow", "error": "bold red"}


def show(found: Diagnosis, cluster: Cluster, console: Console) -> None:
    """Print it, rates beside those that are promised."""
    for finding in found.findings:
        console.print(_line(finding), soft_wrap=True)
    if found.ceiling:
        _show_rates(found, found.ceiling, cluster, console)
    counts = {level: sum(each.level == level for each in found.findings) for level in STYLES}
    said = f"{counts['error']} errors, {counts['warning']} warnings, {counts['ok']} ok"
    console.print(said, highlight=False)


def show_json(found: Diagnosis, cluster: Cluster, console: Console) -> None:
    """Print it for other programs."""
    measured = rates(found.ceiling, cluster) if found.ceiling else []
    whole: dict[str, Any] = {
        **(dump(found.ceiling) if found.ceiling else {}),
        "findings": [asdict(finding) for finding in found.findings],
        "promised": {rate.name: rate.promised for rate in measured if rate.promised},
        "disk": found.disk._asdict() if found.disk else None,
        "offload": found.offload._asdict() if found.offload else None,
    }
    console.print(json.dumps(whole, indent=1), markup=False, highlight=False, soft_wrap=True)


def _line(finding: Finding) -> Text:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return Text.assemble((f"{finding.level:8}", STYLES[finding.level]), f"{finding.check}: {finding.says}{remedy}")


def _show_rates(found: Diagnosis, ceiling: Ceiling, cluster: Cluster, console: Console) -> None:
    threads = f"{ceiling.threads} thread{'' if ceiling.threads == 1 else 's'}"
    console.print(f"{ceiling.device}: {ceiling.processes} at once, with {threads} each", highlight=False)
    table = Table(box=SIMPLE_HEAD)
    for column in ("", "measured", "promised", ""):
        table.add_column(column, justify="left" if column == "" else "right")
    for name, rate, unit, promised, _ in rates(ceiling, cluster):
        share = f"{rate / promised:.0%}" if promised else ""
        table.add_row(name, scaled(rate, unit), scaled(promised, unit) if promised else "", share)
    for name, disk in (("run folder", found.disk), ("offload folder", found.offload)):
        if disk:
            table.add_row(f"{name}, written", scaled(disk.write, "B/s"), "", "")
            inodes = "" if disk.inodes is None else f", {disk.inodes:,} inodes"
            table.add_row(f"{name}, free", f"{scaled(disk.free, 'B')}{inodes}", "", "")
    console.print(table)
