"""Open what a command works on: the sweep file as a study, its cluster, its memory strategy, its data folder."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import harness
from harness.catalog import data as catalog_data
from harness.catalog import overlap
from harness.files.atomic import read_text
from harness.plan.dag import Plan, plan
from harness.plan.datasets import DataAccess, Datasets
from harness.plan.expand import expand
from harness.plan.study import Study
from harness.plan.sweep import Sweep, TargetSpec
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml, nearest

# What a strategy file may say: how memory is used. Everything else comes from the recipe and the placement.
MEMORY_SETTINGS = {"zero_optimization", "activation_checkpointing", "aio"}


@dataclass(frozen=True)
class Work:
    """One sweep on one run folder: everything that running, showing and publishing it need."""

    study: Study
    plan: Plan
    runs: Path
    data: Path | None
    cluster: Cluster
    strategy: dict[str, Any]


def open_work(
    sweep_file: Path, data: Path | None, runs: Path, cluster_file: Path | None = None, launcher: str | None = None
) -> Work:
    """The work of `sweep_file` in the run folder `runs`; raises HarnessError for anything that cannot be."""
    study = open_study(sweep_file, data, runs)
    cluster = open_cluster(sweep_file, study.sweep.cluster, cluster_file)
    return Work(
        study=study,
        plan=plan(study.leaves),
        runs=runs.absolute(),
        data=data.absolute() if data else None,
        cluster=replace(cluster, launcher=launcher) if launcher else cluster,
        strategy=open_strategy(sweep_file, study.sweep.strategy),
    )


def open_study(sweep_file: Path, data: Path | None, runs: Path) -> Study:
    """The study of `sweep_file` on the data below `data`; what was read of them is remembered below `runs`.

    Raises HarnessError for a missing file or folder, an unknown key or name, or a setting that cannot be.
    """
    if data is not None and not data.is_dir():
        raise HarnessError(f"{data}: no such data folder; name the folder that holds the tasks' files with --data")
    sweep = from_yaml(Sweep, read_text(sweep_file, "a sweep file such as jobs/demo.yaml"), str(sweep_file))
    targets = tuple(target if isinstance(target, TargetSpec) else TargetSpec(target) for target in sweep.targets)
    return expand(sweep, Datasets(data_access(data, runs), targets))


def data_access(data: Path | None, runs: Path) -> DataAccess:
    """How a study asks for content below `data`, through a cache below `runs`."""
    cache = runs / ".cache" / "data.json"
    return DataAccess(
        present=lambda task, split: catalog_data.present(task, split, data),
        pin=partial(catalog_data.pin, root=data, cache=cache),
        held_out=partial(overlap.held_out, root=data, cache=cache),
    )


def open_cluster(sweep_file: Path, name: str, cluster_file: Path | None) -> Cluster:
    """The cluster in `cluster_file`, or the one called `name` beside the sweep file; raises HarnessError."""
    clusters = sweep_file.parent / "clusters"
    path = cluster_file or _named(name, "cluster", clusters.glob("*.yaml"), clusters)
    return from_yaml(Cluster, read_text(path, "a cluster file such as jobs/clusters/local.yaml"), str(path))


def open_strategy(sweep_file: Path, name: str) -> dict[str, Any]:
    """The memory strategy called `name`: from `ds_configs/` beside the sweep file's folder, else the harness's own.

    Raises HarnessError for an unknown name, or for a file that says more than how memory is used.
    """
    beside = sweep_file.absolute().parent.parent / "ds_configs"
    own = Path(harness.__file__).parents[1] / "ds_configs"
    path = _named(name, "memory strategy", (*own.glob("*.json"), *beside.glob("*.json")), beside)
    try:
        options = json.loads(read_text(path, "a memory strategy such as ds_configs/zero1.json"))
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}: not valid JSON ({error})") from error
    for key in options.keys() - MEMORY_SETTINGS:
        raise HarnessError(
            f"{path}: '{key}' is not a memory setting; it belongs to the recipe in the sweep file or to the cluster"
        )
    if not isinstance(options.get("zero_optimization", {}).get("stage"), int):
        raise HarnessError(f"{path}: says no ZeRO stage; give zero_optimization.stage, 0 to 3")
    return dict(options)


def _named(name: str, kind: str, files: Iterable[Path], where: Path) -> Path:
    """The file called `name`; of two with that name, the later one."""
    known = {path.stem: path for path in files}
    if name not in known:
        raise HarnessError(f"no {kind} '{name}' in {where}; {nearest(name, known)}")
    return known[name]
