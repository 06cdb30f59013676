"""A small stage with dropout under many placements, and its launches with faults."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.files.layout import PhaseFolder
from harness.run.child import Command, Launch, launched
from harness.run.launchers import launcher
from harness.spec.cluster import Cluster
from harness.spec.phase import AnyPhase, Train
from tests.parity.stage import CHECKOUT, RECIPE, concurrent_stage, lay_out

LONGEST = 120.0  # seconds
OFTEN = 0.001  # seconds between two checkpoints: one after each step, as soon as the one before is whole


def dropping_stage() -> Train:
    """Three formats, twenty steps, with dropout."""
    return replace(concurrent_stage(), recipe=replace(RECIPE, dropout=0.1))


def prepare(
    runs: Path, phase: AnyPhase, strategy: str, processes: int, interval: float = OFTEN, timeout: int = 60
) -> PhaseFolder:
    """The folder of `phase`, ready for so many processes."""
    cluster = Cluster(
        "test", processes_per_node=processes, checkpoint_interval_s=interval, collective_timeout_s=timeout
    )
    return lay_out(runs, phase, strategy, cluster)


def command(folders: list[PhaseFolder], processes: int, **fault: Any) -> Command:
    """The launch of the faulty worker."""
    worker = ("tests.faults.worker", "--owner", "test", *(str(folder.path) for folder in folders))
    made = launcher("torchrun")(worker, Cluster("test", processes_per_node=processes))
    variables = {"PYTHONPATH": str(CHECKOUT)} | ({"FAULT": json.dumps(fault)} if fault else {})
    return replace(made, environment={**made.environment, **variables})


def launch(folders: list[PhaseFolder], processes: int, **fault: Any) -> tuple[int, Launch]:
    """The exit status of a launch with a fault, or without, and the launch that has ended."""
    started = command(folders, processes, **fault)
    with launched(started, folders[0].path / "launch.log", folders[0].path) as ended:
        status = ended.wait(LONGEST)
    assert status is not None, "\n".join(ended.last_lines)
    return status, ended
