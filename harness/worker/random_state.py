"""Random states of a process, which dropout draws from: in and out of a checkpoint. DeepSpeed does not keep them."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save

from harness.worker.session import Session

PRIME = 1_000_003  # apart from each other: seeds of recipes are small numbers
STEP_PRIME = 15_485_863


def seed(session: Session, number: int, step: int = 0) -> None:
    """Seed dropout, the one thing that depends on the rank: with it, placements agree in distribution only."""
    torch.manual_seed(number * PRIME + session.rank + step * STEP_PRIME)


def name_of(rank: int) -> str:
    """The file of a process in a checkpoint."""
    return f"random-{rank:05d}.safetensors"


def to_bytes(session: Session) -> bytes:
    """The random states of this process, as safetensors."""
    states = {"cpu": torch.get_rng_state()}
    if session.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(session.device)
    content: bytes = save(states)
    return content


def restore(session: Session, folder: Path) -> None:
    """Go on from the states that the process of the same rank had."""
    states = load_file(folder / name_of(session.rank))
    torch.set_rng_state(states["cpu"])
    if session.device.type == "cuda" and "cuda" in states:  # a checkpoint of a CPU has none
        torch.cuda.set_rng_state(states["cuda"], session.device)
