"""What phases keep on NVMe while they run: the folder must be usable before, and is given back after."""

import json
import shutil
from pathlib import Path

from harness.files.disk import check_writable
from harness.files.layout import PhaseFolder
from harness.plan.places.strategies import OFFLOADED
from harness.spec.cluster import Cluster


def check_offload(cluster: Cluster) -> None:
    """Raise HarnessError where the cluster names a folder on NVMe that cannot be written."""
    if cluster.hardware and cluster.hardware.nvme_path:
        check_writable(Path(cluster.hardware.nvme_path), f"cluster '{cluster.name}': hardware.nvme_path")


def clear_offload(folder: PhaseFolder) -> None:
    """Delete what DeepSpeed left on NVMe of a phase whose processes have ended, however they did."""
    if not folder.ds_config_file.exists():  # another command may have removed the phase
        return
    config = json.loads(folder.ds_config_file.read_text())
    for key in OFFLOADED:
        if path := config["zero_optimization"].get(key, {}).get("nvme_path"):
            shutil.rmtree(path, ignore_errors=True)
