"""Why a phase failed, as far as that decides what is done about it."""

import torch
import torch.distributed as dist

from harness.spec.errors import HarnessError
from harness.spec.record import Cause

NO_MEMORY = ("can't allocate memory", "could not allocate", "bad_alloc", "out of memory")
LOST = ("gloo", "nccl", "connection closed by peer", "connection reset by peer", "broken pipe", "socket timeout")


class DivergedError(HarnessError):
    """A loss or a weight that is no number, or infinite."""


def cause_of(error: BaseException) -> Cause:
    """What kind of failure `error` tells of; torch says most in plain RuntimeErrors."""
    if isinstance(error, DivergedError):
        return "diverged"
    said = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in said for words in NO_MEMORY):
        return "memory"
    if isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and any(words in said for words in LOST)):
        return "lost"
    return "error"
