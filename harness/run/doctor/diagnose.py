"""All checks of `harness doctor` in their order: what this command sees itself, then what a launch finds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.files.ceiling import Ceiling
from harness.files.disk import Disk, left, measure
from harness.files.host import this_host
from harness.plan.bill import Storage
from harness.plan.storage import storage
from harness.run.child import Launcher
from harness.run.doctor.clocks import check_clocks
from harness.run.doctor.devices import check_devices
from harness.run.doctor.disks import check_promises, check_room
from harness.run.doctor.examine import Examined, examine
from harness.run.doctor.finding import Finding, error, ok
from harness.run.doctor.folder import check_here, check_shared
from harness.run.doctor.network import check_network
from harness.run.doctor.ports import check_ports
from harness.run.doctor.rates import check_rates
from harness.run.doctor.slurm import check_slurm
from harness.run.doctor.sweep import check_sweep, on_this_machine
from harness.run.doctor.tools import check_tools
from harness.run.doctor.tracker import check_tracker
from harness.run.doctor.versions import check_versions, required
from harness.run.offload import check_offload
from harness.run.placing import places
from harness.run.store import states
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

LAUNCH, OFFLOAD = "launch", "offload folder"


@dataclass(frozen=True)
class Asked:
    """What is looked at: a run folder, a cluster, an MLflow URI, and a sweep, if one is given; `quick`: no rates."""

    runs: Path
    cluster: Cluster
    tracking: str
    work: Work | None = None
    quick: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """The findings; what was measured by the worker, of the run folder's disk, and of the folder to offload to."""

    findings: tuple[Finding, ...]
    ceiling: Ceiling | None = None
    disk: Disk | None = None
    offload: Disk | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing would stop a run."""
        return all(finding.level != "error" for finding in self.findings)


def diagnose(asked: Asked, launcher: Launcher) -> Diagnosis:
    """Look at everything; whatever fails is a finding, and the rest goes on."""
    folders = [check_here(asked.runs), *_offload_folder(asked.cluster)]
    usable = all(finding.level == "ok" for finding in folders)
    here = [*folders, *_around(asked), *(_room(asked) if usable else ())]
    launch, examined = _launched(asked, launcher) if usable else (_not_launched(), None)
    findings = (*here, launch, *_of_nodes(asked.cluster, examined))
    if asked.quick or not usable:
        return Diagnosis(findings)
    disks = [measure(folder) if folder else None for folder in (asked.runs, _offload(asked.cluster))]
    return Diagnosis(findings, examined.ceiling if examined else None, *disks)


def _around(asked: Asked) -> Iterator[Finding]:
    """What needs neither the run folder nor a launch."""
    yield from check_slurm(os.environ, asked.cluster)
    yield from check_ports(os.environ)
    yield check_tracker(asked.tracking, os.environ)
    if asked.work:
        yield from check_sweep(asked.work, os.environ, on_this_machine(asked.work.data))


def _offload_folder(cluster: Cluster) -> Iterator[Finding]:
    if not (folder := _offload(cluster)):
        return
    try:
        check_offload(cluster)
    except HarnessError as wrong:
        yield error(OFFLOAD, str(wrong), "mount it on every node, or take hardware.nvme_path out of the file")
    else:
        yield ok(OFFLOAD, f"{folder} can be written")


def _room(asked: Asked) -> Iterator[Finding]:
    """What is free in the run folder, and in the one to offload to."""
    offload = _offload(asked.cluster)
    yield from check_room(asked.runs, left(asked.runs), _needed(asked.work) if asked.work else None)
    yield from check_promises(left(asked.runs), left(offload) if offload else None, asked.cluster.hardware)


def _needed(work: Work) -> Storage | None:
    """What the unfinished phases of a sweep still leave; None where they cannot be placed, which is told elsewhere."""
    try:
        where = places(work)
    except HarnessError:
        return None
    pending = [state.phase for state in states(work.runs, work.plan).values() if state.status != "done"]
    return storage(pending, where.sizes, where.parts, work.study.sweep.keep == "all")


def _launched(asked: Asked, launcher: Launcher) -> tuple[Finding, Examined | None]:
    try:
        found = examine(asked.runs, asked.cluster, launcher, asked.quick)
    except HarnessError as wrong:
        remedy = "read the log; where processes did not meet, look at the network's findings and at firewalls"
        return error(LAUNCH, str(wrong), remedy), None
    processes = len(found.survey.processes)
    said = f"{processes} process{'es' * (processes != 1)} by {asked.cluster.launcher}, {found.seconds:.0f} s in all"
    return ok(LAUNCH, said), found


def _not_launched() -> Finding:
    return error(LAUNCH, "was not tried, since a folder cannot be used", "mend that first")


def _of_nodes(cluster: Cluster, examined: Examined | None) -> Iterator[Finding]:
    """What all nodes found, else what can be seen on this one."""
    hosts = examined.survey.hosts if examined else (this_host(os.environ),)
    yield from check_versions(hosts, required())
    yield from check_tools(hosts, cluster)
    yield from check_network(hosts, cluster.nodes)
    if examined is None:
        return
    yield from check_devices(hosts, cluster)
    yield check_shared(examined.survey.processes)
    yield from check_clocks(examined.survey.processes)
    if examined.ceiling:
        yield from check_rates(examined.ceiling, cluster)


def _offload(cluster: Cluster) -> Path | None:
    path = cluster.hardware.nvme_path if cluster.hardware else None
    return Path(path) if path else None
