"""What kind of failure an error tells of, and in which words."""

import pytest
import torch
import torch.distributed as dist

from harness.spec.errors import HarnessError
from harness.worker.failing import DivergedError, LostError, cause_of, reason_of

GLOO = "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:43740: " + "word " * 100


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"), "memory"),
        (MemoryError(), "memory"),
        (DivergedError("step 3: the loss is nan"), "diverged"),
        (LostError("weights changed; the phase is done again"), "lost"),
        (RuntimeError(GLOO), "lost"),
        (dist.DistBackendError("NCCL communicator was aborted on rank 1"), "lost"),
        (dist.DistNetworkError("The server socket has failed to listen: Address already in use"), "lost"),
        (HarnessError("toy.yaml: no such task"), "error"),
        (ValueError("gloo"), "error"),
        (RuntimeError("shapes cannot be multiplied"), "error"),
    ],
)
def test_the_cause_of_an_error(error: Exception, cause: str) -> None:
    assert cause_of(error) == cause


def test_a_sentence_stays_as_it_is_and_others_are_named_by_their_type() -> None:
    assert reason_of(HarnessError("toy.yaml: no such task")) == "toy.yaml: no such task"
    assert reason_of(ValueError("a\n  b")) == "ValueError: a b"


def test_what_a_collective_says_is_cut() -> None:
    said = reason_of(RuntimeError(GLOO))
    assert said.startswith("another process or a link to it was lost (RuntimeError: [/pytorch/")
    assert len(said) < 220


def test_secrets_are_taken_out() -> None:
    assert "hunter2" not in reason_of(OSError("https://me:hunter2@host/mlflow does not answer"))
