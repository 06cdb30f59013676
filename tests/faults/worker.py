"""The real worker with one fault in it: `torchrun -m tests.faults.worker DIR`; the variable FAULT says which, as JSON.

`{"rank": 1, "call": 5, "what": "kill"}` befalls process 1 in the fifth call of `at` since it began; with `once`, a
file, only if that does not exist yet.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.modules["mlflow"] = None  # type: ignore[assignment]

from harness.worker import checkpoints, passes, snapshot, train, weights  # noqa: E402
from harness.worker.entry import leave, main  # noqa: E402

PLACES: dict[str, tuple[Any, str]] = {
    "step": (train, "step_on"),
    "snapshot": (snapshot.Snapshots, "_write"),
    "commit": (checkpoints.resume, "commit"),
    "weights": (weights, "save"),
    "pass": (passes, "autocast"),
    "read": (torch.distributed, "broadcast_object_list"),
}


def strike(what: str) -> None:
    """Let it happen."""
    match what:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            time.sleep(1)  # so that it has been heard of
            os.kill(os.getpid(), signal.SIGSTOP)
        case "term" | "usr1":
            os.kill(os.getpid(), {"term": signal.SIGTERM, "usr1": signal.SIGUSR1}[what])
        case "memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        case "full":
            raise OSError(28, os.strerror(28), "a file of the checkpoint")
        case "error":
            raise ValueError("a mistake in the code")
        case "slow":
            time.sleep(3)


def inject(fault: dict[str, Any]) -> None:
    """Put the fault in its place."""
    owner, name = PLACES[fault.get("at", "step")]
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def faulty(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        once = fault.get("once")
        due = calls == fault["call"] or (fault.get("on") and calls >= fault["call"])
        if due and str(fault["rank"]) in (os.environ["RANK"], "all") and not (once and Path(once).exists()):
            if once:
                Path(once).touch()
            if fault["what"] == "nan":
                return real(*arguments, **named)._replace(loss=float("nan"))
            strike(fault["what"])
        return real(*arguments, **named)

    setattr(owner, name, faulty)


if __name__ == "__main__":
    if said := os.environ.get("FAULT"):
        inject(json.loads(said))
    leave(main())
