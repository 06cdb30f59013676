"""The demo cut down, and its phases performed in this process as the worker does, so that a test can break a part."""

import json
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.plan.dag import Plan
from harness.plan.places.ds_config import render
from harness.plan.places.placement import place
from harness.plan.sweeps.study import Study
from harness.run.study import open_study
from harness.spec import yaml_text
from harness.spec.cluster import Cluster
from harness.spec.phase import AnyPhase
from harness.worker.library import Library
from harness.worker.perform import perform
from harness.worker.session import Session, open_session

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "jobs" / "demo.yaml"
# One thread: two that share their cores with other work spin for each other, and a step takes ten times as long.
ALONE = Cluster("rehearsal", processes_per_node=1)
STRATEGY = "zero0"


def small_demo(folder: Path, pretrain_seed: int = 0) -> Study:
    """The study of the demo with one point on its axes, four epochs of toy_polarity, and one seed of each kind."""
    sweep = yaml_text.parse(DEMO.read_text())
    sweep |= {"intermediate": ["toy_polarity"], "epochs": [4], "batch_size": [32], "controls": ["no_pretraining"]}
    sweep["seeds"] = {"pretrain": [pretrain_seed], "target": [1]}
    file = folder / "small_demo.yaml"
    file.write_text(json.dumps(sweep))  # JSON is YAML, too
    return open_study(file, None, folder)


def keep(phases: Iterable[AnyPhase], runs: Path, copy: Path) -> None:
    """Copy the folders of finished `phases` from the run folder `runs` to `copy`."""
    for phase in phases:
        shutil.copytree(folder_of(runs, phase).path, folder_of(copy, phase).path)


@contextmanager
def stage(plan: Plan) -> Iterator[Session]:
    """The session in which `plan` can be performed; one a process, since DeepSpeed keeps the groups of its first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        torch.set_num_threads(ALONE.threads_per_process)
        with open_session(place(plan[0], ALONE, STRATEGY, options(), None)) as session:
            yield session
        torch.set_num_threads(threads)


def rehearse(plan: Plan, runs: Path, session: Session) -> None:
    """Perform every phase of `plan` in `runs` that has no record."""
    library = Library(None)
    for phase in plan:
        folder = folder_of(runs, phase)
        if folder.done:
            continue
        placement = place(phase, ALONE, STRATEGY, options(), None)
        write_json(folder.phase_file, phase)
        write_json(folder.placement_file, placement)
        write_json(folder.ds_config_file, render(phase, placement, options()))
        assert perform(folder, session, library, "rehearsal")


def options() -> dict[str, Any]:
    """What the memory strategy says."""
    said: dict[str, Any] = json.loads((CHECKOUT / "ds_configs" / f"{STRATEGY}.json").read_text())
    return said
