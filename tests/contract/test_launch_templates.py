"""Every template of jobs/launch is whole: its shell parses, its worker line is the worker's, its options exist."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.run import launchers
from harness.run.schedulers.kubernetes_manifest import manifest
from harness.run.schedulers.slurm_script import batch
from harness.spec.cluster import Cluster
from harness.spec.load import from_yaml

JOBS = Path(__file__).resolve().parents[2] / "jobs"
SCRIPTS = sorted([*(JOBS / "launch").glob("*.sh"), *(JOBS / "launch").glob("*.sbatch")])
MANIFESTS = sorted((JOBS / "launch").glob("*.yaml"))
DOCS = JOBS.parent / "docs" / "launching.md"
RUNNERS = {"torchrun": "torch.distributed.run", "deepspeed": "deepspeed.launcher.runner"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_shell_and_starts_the_worker_with_the_folders_that_it_is_given(path: Path) -> None:
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    assert path.stat().st_mode & 0o111
    assert re.search(r'(-m|--module) harness\.worker "\$@"', path.read_text())
    assert "runs/<id>-<slug>" in path.read_text()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_options_of_a_launcher_exist(path: Path) -> None:
    text = path.read_text().replace("\\\n", " ")
    (line,) = (line for line in text.splitlines() if "harness.worker" in line and not line.startswith("#"))
    (name,) = (name for name in RUNNERS if f" {name} " in line)
    launched = line.partition(f" {name} ")[2].partition("harness.worker")[0]
    options = [word for word in shlex.split(launched.replace("'", "")) if word.startswith("--")]
    for option in options:
        assert option in _help(RUNNERS[name])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_has_the_shape_of_those_that_the_harness_writes(path: Path) -> None:
    made: dict[str, Any] = yaml.safe_load(path.read_text())
    operator = {"JobSet": "jobset", "TrainJob": "trainer"}[made["kind"]]
    text = (JOBS / "clusters" / "kubernetes_h100.yaml").read_text().replace("operator: jobset", f"operator: {operator}")
    cluster: Cluster = from_yaml(Cluster, text, "kubernetes_h100.yaml")
    ours = yaml.safe_load(manifest("harness-phase", ("harness.worker", "/runs/ID-SLUG"), cluster))
    assert _shape(made) == _shape(ours)


def test_the_slurm_template_asks_for_what_the_harness_asks_for() -> None:
    template = (JOBS / "launch" / "slurm.sbatch").read_text()
    ours = batch([("harness.worker",)], Cluster("harness", "cuda", nodes=2, processes_per_node=8))
    asked = set(re.findall(r"^#SBATCH (--[\w-]+)", template, re.MULTILINE)) - {"--time"}
    assert asked == set(re.findall(r"^#SBATCH (--[\w-]+)", ours, re.MULTILINE))
    for words in ("--wait=60", "--kill-on-bad-exit=1", "is_host=$((SLURM_NODEID == 0))", "scontrol requeue"):
        assert words in template
        assert words in ours


def test_the_docs_name_every_launcher_and_every_template() -> None:
    text = DOCS.read_text()
    for name in (*launchers.names(), *(path.name for path in (*SCRIPTS, *MANIFESTS))):
        assert f"`{name}`" in text


@cache
def _help(module: str) -> str:
    shown = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    return shown.stdout


def _shape(value: Any) -> Any:
    """The keys of mappings, and of the first item of lists; what is in them is the user's, as are account and nodes."""
    if isinstance(value, dict):
        found = {key: _shape(each) for key, each in value.items() if key != "serviceAccountName"}
        return {key: None if key in ("requests", "limits", "workingDir") else each for key, each in found.items()}
    return [_shape(value[0])] if isinstance(value, list) else None


def test_shapes_tell_manifests_apart() -> None:
    assert _shape({"a": [{"b": 1}]}) == _shape({"a": [{"b": 2}, {"c": 3}]})
    assert _shape({"a": [{"b": 1}]}) != _shape({"a": [{"c": 1}]})
