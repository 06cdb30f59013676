"""Try a phase's micro-batch: `torchrun ... -m harness.worker.probe DIR` takes two steps on the longest sequences."""

import argparse
import dataclasses
import resource
import time
from pathlib import Path

import torch

from harness.files.layout import PhaseFolder
from harness.files.tried import Tried, write_tried
from harness.spec.phase import Train, architecture
from harness.worker import weights
from harness.worker.engine import training_engine
from harness.worker.entry import give_up, leave
from harness.worker.failing import cause_of
from harness.worker.library import Library
from harness.worker.longest import longest_batch
from harness.worker.meter import Meter
from harness.worker.network import head_specs
from harness.worker.session import open_session
from harness.worker.train import network_of, slots_of, step_on
from harness.worker.work import Work, read_config, read_placement

ROUNDS = 2  # the first makes the optimizer's states, the second is the first to have them in its backward pass
ACCUMULATION = 2  # micro-batches of a step, at most: gradients wait for the next from the second on
PADDING = 0


def main() -> int:
    """Leave in the folder whether the micro-batch fits; any other mistake ends the process as it would end a phase."""
    parser = argparse.ArgumentParser(prog="harness.worker.probe", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a phase, its placement and its configuration")
    parser.add_argument("--memory", type=int, metavar="BYTES", help="the data that a process may have, on cpu")
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; LOCAL_RANK is used")
    arguments = parser.parse_args()
    folder = PhaseFolder(arguments.folder)
    if arguments.memory:
        resource.setrlimit(resource.RLIMIT_DATA, (arguments.memory, arguments.memory))
    placement = read_placement(folder)
    try:
        with open_session(placement) as session:
            work = Work(session, folder, placement, read_config(folder), Library(None), None)
            tried = _tried(work)
            if session.first:
                write_tried(folder.path, tried)
    except Exception as error:
        if cause_of(error) == "memory":
            write_tried(folder.path, Tried(placement.micro_batch, fits=False))
        give_up(error)
    return 0


def _tried(work: Work) -> Tried:
    """Train on the longest sequences of every task in turn."""
    phase = work.folder.phase()
    assert isinstance(phase, Train)
    meter, short = Meter(work.session.device), _shortened(work)
    network = network_of(phase, head_specs(phase.data, architecture(phase)), short)
    weights.load(network, {}, lambda name, shape: torch.zeros(shape))
    batches = [longest_batch(data, phase) for data in phase.data]
    taken = short.placement.accumulation * short.placement.world_size
    with training_engine(network, short.config) as engine:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for batch in batches:
                step_on(engine, batch, slots_of(batch, work)[:taken], phase.recipe.learning_rate, short, PADDING)
        seconds = (time.perf_counter() - began) / len(batches)
    peak = int(work.session.highest(meter.peak_memory))
    scale = work.placement.accumulation / short.placement.accumulation
    return Tried(work.placement.micro_batch, True, peak, seconds * scale)


def _shortened(work: Work) -> Work:
    """The same work with few micro-batches in a step: more of them need time, but no memory."""
    placement = work.placement
    few = dataclasses.replace(placement, accumulation=min(ACCUMULATION, placement.accumulation))
    config = {
        **work.config,
        "gradient_accumulation_steps": few.accumulation,
        "train_batch_size": few.micro_batch * few.accumulation * few.world_size,
    }
    return dataclasses.replace(work, placement=few, config=config)


if __name__ == "__main__":
    leave(main())
