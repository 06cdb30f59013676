"""Why a phase failed, as far as that decides what is done about it."""

import torch
import torch.distributed as dist

from harness.spec.errors import HarnessError
from harness.spec.record import Cause
from harness.spec.redact import redacted

NO_MEMORY = ("can't allocate memory", "could not allocate", "bad_alloc", "out of memory")
LOST_WORDS = 160  # characters
LOST = ("gloo", "nccl", "connection closed by peer", "connection reset by peer", "broken pipe", "socket timeout")


class DivergedError(HarnessError):
    """A loss or a weight that is no number, or infinite."""


class LostError(HarnessError):
    """Something that another process or command has to put right first."""


def reason_of(error: BaseException) -> str:
    """Why, as one line without secrets; of a lost peer, collectives say more than helps."""
    said = " ".join(str(error).split())
    if not isinstance(error, HarnessError):
        said = f"{type(error).__name__}: {said}"
        if cause_of(error) == "lost":
            said = f"another process or a link to it was lost ({said[:LOST_WORDS]})"
    return redacted(said)


def cause_of(error: BaseException) -> Cause:
    """What kind of failure `error` tells of; torch says most in plain RuntimeErrors."""
    if isinstance(error, DivergedError):
        return "diverged"
    if isinstance(error, LostError):
        return "lost"
    said = str(error).lower()
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in said for words in NO_MEMORY):
        return "memory"
    if isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and any(words in said for words in LOST)):
        return "lost"
    return "error"
