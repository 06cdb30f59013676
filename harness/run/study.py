"""Open what a command works on: the sweep file as a study, its cluster, its memory strategies, its data folder."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import harness
from harness.analysis.points.splits import split_of
from harness.catalog import accelerators, overlap
from harness.catalog import data as catalog_data
from harness.catalog.sources import json_text
from harness.files.atomic import read_text
from harness.files.layout import usable_runs
from harness.plan.dag import Plan, plan
from harness.plan.places.candidates import Strategies
from harness.plan.places.choice import PLAIN
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.split_file import SplitFile, split_file
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.run import launchers
from harness.run.exchange.imports import find_imported
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import build, from_yaml, nearest
from harness.spec.strategy import Strategy
from harness.spec.task import Data


@dataclass(frozen=True)
class Work:
    """One sweep on one run folder: everything that running, showing and publishing it need."""

    study: Study
    plan: Plan
    runs: Path
    data: Path | None
    cluster: Cluster
    strategies: Strategies


def open_work(
    sweep_file: Path, data: Path | None, runs: Path, cluster_file: Path | None = None, launcher: str | None = None
) -> Work:
    """The work of `sweep_file` in the run folder `runs`; raises HarnessError for anything that cannot be."""
    study = open_study(sweep_file, data, usable_runs(runs))
    cluster = open_cluster(sweep_file, study.sweep.cluster, cluster_file)
    return Work(
        study=study,
        plan=plan(study.evaluations),
        runs=runs.absolute(),
        data=data.absolute() if data else None,
        cluster=dataclasses.replace(cluster, launcher=launcher) if launcher else cluster,
        strategies=open_strategies(sweep_file, cluster, study.sweep.strategy),
    )


def open_study(sweep_file: Path, data: Path | None, runs: Path) -> Study:
    """The study of `sweep_file` on the data below `data`; what was read of them is remembered below `runs`.

    Raises HarnessError for a missing file or folder, an unknown key or name, or a setting that cannot be.
    """
    if data is not None and not data.is_dir():
        raise HarnessError(f"{data}: no such data folder; name the folder that holds the tasks' files with --data")
    sweep = from_yaml(Sweep, read_text(sweep_file, "a sweep file such as jobs/demo.yaml"), str(sweep_file))
    study = expand(sweep, Datasets(data_access(data, runs), targets_of(sweep)))
    if sweep.split.file is not None:
        study = dataclasses.replace(study, split_file=_split_file(sweep_file, sweep.split.file))
    _check_split(study)
    return study


def data_access(data: Path | None, runs: Path) -> DataAccess:
    """How a study asks for content below `data`, through a cache below `runs`."""
    cache = runs / ".cache" / "data.json"
    return DataAccess(
        present=lambda task, split: catalog_data.present(task, split, data),
        pin=partial(catalog_data.pin, root=data, cache=cache),
        held_out=partial(overlap.held_out, root=data, cache=cache),
        imported=partial(find_imported, runs),
    )


def open_cluster(sweep_file: Path, name: str, cluster_file: Path | None) -> Cluster:
    """The cluster in `cluster_file`, or the one called `name` beside the sweep file, else among the harness's own.

    Raises HarnessError for an unknown name, for a file that is no cluster's, or for a device that cannot be.
    """
    beside = sweep_file.absolute().parent / "clusters"
    own = Path(harness.__file__).parents[1] / "jobs" / "clusters"
    path = cluster_file or _named(name, "cluster", (*own.glob("*.yaml"), *beside.glob("*.yaml")), beside)
    cluster = from_yaml(Cluster, read_text(path, "a cluster file such as jobs/clusters/local.yaml"), str(path))
    _check_device(cluster, path)
    launchers.check(cluster.launcher, str(path))
    return cluster


def _check_device(cluster: Cluster, path: Path) -> None:
    if cluster.hardware is None:
        return
    try:
        device = accelerators.device(cluster.hardware.device)
    except HarnessError as error:
        raise HarnessError(f"{path}: {error}") from error
    if (device is None) != (cluster.accelerator == "cpu"):
        right = f"accelerator: {'cpu' if device is None else 'cuda'}"
        raise HarnessError(
            f"{path}: accelerator is '{cluster.accelerator}', but hardware.device is '{cluster.hardware.device}', "
            f"which needs `{right}`"
        )


def open_strategies(sweep_file: Path, cluster: Cluster, named: str | None) -> dict[str, dict[str, Any]]:
    """The memory strategies that may be used, by name: from `ds_configs/` beside the sweep file's folder, and our own.

    All of them where the cluster's hardware tells what fits, else the one that is `named`, or the plain one.
    Raises HarnessError for an unknown name, or for a file that says more than how memory is used.
    """
    beside = sweep_file.absolute().parent.parent / "ds_configs"
    own = Path(harness.__file__).parents[1] / "ds_configs"
    files = (*own.glob("*.json"), *beside.glob("*.json"))
    path = _named(named or PLAIN, "memory strategy", files, beside)
    if cluster.hardware is None:
        return {path.stem: _strategy(path)}
    return {path.stem: _strategy(path) for path in sorted({path.stem: path for path in files}.values())}


def _strategy(path: Path) -> dict[str, Any]:
    expected = "memory settings, as in ds_configs/zero1.json"
    options: dict[str, Any] = build(dict[str, Any], json_text.load(path, expected, distinct=True).value, str(path))
    known = [field.name for field in dataclasses.fields(Strategy)]
    for key in options:
        if key not in known:
            raise HarnessError(
                f"{path}: '{key}' is not a memory setting ({', '.join(known)}); "
                "it belongs to the recipe in the sweep file or to the cluster"
            )
    return build(Strategy, options, str(path)).options


def _check_split(study: Study) -> None:
    """Raise HarnessError if the report could not split a language by resource; no text is read for that."""
    split = split_of(study, _languages_once)
    asked = {(point.at.model, leaf.data.languages) for point in study.points for leaf in point.leaves}
    for model, languages in sorted(asked):
        for language in languages:
            split.level(model, language)


def _split_file(sweep_file: Path, name: str) -> SplitFile:
    """The split that lies beside the sweep file, or at an absolute path."""
    path = sweep_file.absolute().parent / name
    return split_file(name, read_text(path, "a split: a mapping of languages to low, high or unseen"), str(path))


def _languages_once(data: Data) -> dict[str, int]:
    return {language: 1 for text in data.text or (data,) for language in text.languages}


def _named(name: str, kind: str, files: Iterable[Path], where: Path) -> Path:
    """The file called `name`; of two with that name, the later one."""
    known = {path.stem: path for path in files}
    if name not in known:
        raise HarnessError(f"no {kind} '{name}' in {where}; {nearest(name, known)}")
    return known[name]
