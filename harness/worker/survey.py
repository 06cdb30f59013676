"""What the processes of a launch find together: their hosts, whether they share the run folder, how clocks differ."""

import os
import socket
from pathlib import Path

import torch

from harness.files.host import this_host
from harness.files.survey import Process, Survey
from harness.worker.clock import clocks
from harness.worker.session import Session
from harness.worker.shared_folder import try_sharing


def survey(session: Session, runs: Path) -> Survey:
    """Everything but the rates, of all processes on the first one; every process must come here."""
    local = int(os.environ.get("LOCAL_RANK", "0"))
    ranks = session.stacked(torch.tensor(local, device=session.device)).tolist()
    shared = try_sharing(session, runs)
    clock = clocks(session, [rank for rank, local_rank in enumerate(ranks) if local_rank == 0])
    host = this_host(os.environ, _devices(session.device)) if local == 0 else None
    mine = Process(session.rank, socket.gethostname(), shared, host, clock)
    return Survey(tuple(session.gathered([mine])))


def _devices(device: torch.device) -> list[str]:
    """The names of this node's accelerators."""
    if device.type == "cpu":
        return []
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
