"""Measure texts for a plan: `torchrun ... -m harness.worker.measure RUNS FILE` reads the sets of the phases in FILE."""

import argparse
from pathlib import Path
from typing import Any

from harness.files.atomic import read_text
from harness.files.layout import folder_of
from harness.spec.cluster import Placement
from harness.spec.load import from_json
from harness.spec.phase import Evaluate, Phase
from harness.worker.entry import give_up, leave
from harness.worker.library import Library
from harness.worker.session import Session, open_session
from harness.worker.work import Work

TIMEOUT = 600  # seconds that a collective may take


def main() -> int:
    """Encode what the phases read, as they will find it then, and keep the lengths."""
    parser = argparse.ArgumentParser(prog="harness.worker.measure", description=__doc__)
    parser.add_argument("runs", type=Path, metavar="RUNS", help="the run folder")
    parser.add_argument("phases", type=Path, metavar="FILE", help="a list of phases as JSON")
    parser.add_argument("--data", metavar="DIR", help="the folder that holds the tasks' files")
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; LOCAL_RANK is used")
    arguments = parser.parse_args()
    place = Placement("cpu", 1, 0, "zero0", 1, 1, 1, TIMEOUT, arguments.data)
    try:
        phases = from_json(list[Phase], read_text(arguments.phases, "a list of phases"), str(arguments.phases))
        with open_session(place) as session:
            _measure(phases, arguments.runs, place, session)
    except Exception as error:
        give_up(error)
    return 0


def _measure(phases: list[Any], runs: Path, place: Placement, session: Session) -> None:
    library = Library(place.data_folder)
    for phase in phases:
        work = Work(session, folder_of(runs, phase), place, {}, library, None)
        sets = (phase.data, phase.pool) if isinstance(phase, Evaluate) else phase.data
        work.encode(phase, [data for data in sets if data and data.at_hand])


if __name__ == "__main__":
    leave(main())
