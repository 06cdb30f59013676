"""Look at a machine: `torchrun ... -m harness.worker.doctor DIR` leaves below DIR what processes find and can do."""

import argparse
import datetime
from pathlib import Path

import torch

from harness.files.ceiling import Ceiling, write_ceiling
from harness.files.survey import write_survey
from harness.spec.cluster import Placement
from harness.worker import rates
from harness.worker.entry import give_up, leave
from harness.worker.environment import device_name, versions
from harness.worker.session import Session, open_session
from harness.worker.survey import survey

TIMEOUT = 120  # seconds that a collective may take; none waits for more than a few matrix products


def main() -> int:
    """Look around on every process, then measure on all at once, and write what was found and the slowest reached."""
    parser = argparse.ArgumentParser(prog="harness.worker.doctor", description=__doc__)
    parser.add_argument("runs", type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--accelerator", choices=("cpu", "cuda"), required=True)
    parser.add_argument("--quick", action="store_true", help="measure no rates")
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; LOCAL_RANK is used")
    arguments = parser.parse_args()
    place = Placement(arguments.accelerator, 1, 0, "zero0", 1, 1, 1, TIMEOUT)
    try:
        with open_session(place) as session:
            found = survey(session, arguments.runs)
            if session.first:
                write_survey(arguments.runs, found)
            if not arguments.quick:
                ceiling = _measured(session)
                if session.first:
                    write_ceiling(arguments.runs, ceiling)
    except Exception as error:
        give_up(error)
    return 0


def _measured(session: Session) -> Ceiling:
    device = session.device

    def slowest(rate: float) -> float:
        return -session.highest(-rate)

    def slowest_of(rate: float | None) -> float | None:
        return None if rate is None else slowest(rate)

    memory = rates.memory(device)
    return Ceiling(
        device=device_name(device),
        processes=session.world_size,
        threads=torch.get_num_threads(),
        packages=versions(),
        measured=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        matmul_fp32=slowest(rates.matmul(device, torch.float32)),
        matmul_bf16=slowest(rates.matmul(device, torch.bfloat16)),
        copy=slowest(memory.copy),
        triad=slowest(memory.triad),
        all_reduce=slowest_of(rates.all_reduce(session)),
        to_device=slowest_of(rates.to_device(device)),
        from_device=slowest_of(rates.from_device(device)),
    )


if __name__ == "__main__":
    leave(main())
