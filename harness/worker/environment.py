"""What a phase ran on: versions, commit, hardware and DeepSpeed's effective configuration."""

import importlib.metadata
import os
import platform
import socket
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import torch

from harness.files.host import PACKAGES
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, architecture
from harness.worker.encoder import attention_of
from harness.worker.work import Work


def describe(phase: AnyPhase, work: Work) -> dict[str, Any]:
    """Plain data for environment.json."""
    device = work.session.device
    return {
        "python": platform.python_version(),
        "packages": versions(),
        "commit": _commit(),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "device": device_name(device),
        "world_size": work.session.world_size,
        "threads": torch.get_num_threads(),
        "cpus": os.cpu_count(),
        "attention": None if isinstance(phase, TrainTokenizer) else attention_of(architecture(phase)),
        "ds_config": work.config,
    }


def device_name(device: torch.device) -> str:
    """What the device calls itself."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu"


@cache
def versions() -> dict[str, str]:
    """The versions of the packages that numbers may depend on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


@cache
def _commit() -> str | None:
    """The commit of the checkout when its code was loaded, marked where it was changed; None outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
