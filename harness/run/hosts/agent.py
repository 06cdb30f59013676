"""One node's part of a launch: runs a launcher's agent there, passes requests to end on to it, says 75 if it obeyed.

Run as a script that needs nothing but Python, so that it can be started through any remote shell or scheduler:
`python agent.py COMMAND...` here and now; `python agent.py --told` reads what to run from its input, a line of JSON,
then names of signals, line by line; the end of its input is the end of whoever launched it, so it ends, too.
`python agent.py --port` prints a port that is free on this host.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

REQUEUE = 75  # EX_TEMPFAIL of sysexits.h: interrupted on request, a checkpoint is written, run the same thing again
PR_SET_PDEATHSIG = 1  # prctl(2)
REQUESTS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Agent:
    """A command in a session of its own, and whether it was asked to end."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: str | None = None) -> None:
        # torchrun heeds the first signal of each kind only; in our session it might hear the same one twice.
        self._child = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - the agent has no other thread yet
        )
        self._asked = False

    def ask(self, number: int, frame: FrameType | None = None) -> None:
        """Pass a request on, once."""
        if not self._asked:
            self._asked = True
            with suppress(ProcessLookupError):
                self._child.send_signal(number)

    def obey(self, lines: IO[str], grace: float) -> None:
        """Pass on each signal that a line names; at the end of the lines, end within `grace` seconds."""
        for line in lines:
            self.ask(signal.Signals[line.strip()])
        self.ask(signal.SIGTERM)
        try:
            self._child.wait(grace)
        except subprocess.TimeoutExpired:
            for process in family(self._child.pid):  # torchrun gives each of its processes a session of its own
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, as a shell has it; REQUEUE if it was asked to end before it had done everything."""
        status = self._child.wait()
        if status != 0 and self._asked:
            return REQUEUE
        return status if status >= 0 else 128 - status


def _end_with_parent() -> None:
    """Ask this process to end when its parent does, however that is killed: another agent may come in its place."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def family(process: int) -> list[int]:
    """A process and its descendants, by Linux' own list of them."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_bytes().rpartition(b")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def free_port() -> int:
    """A port that nobody uses on this host now."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    """Do what the command line says, and return the exit code."""
    if arguments == ["--port"]:
        print(free_port(), flush=True)
        return 0
    told = arguments == ["--told"]
    order: dict[str, Any] = {"command": arguments, "environment": {}}
    if told:
        order = json.loads(sys.stdin.readline())
    # DeepSpeed looks for ninja, and the command perhaps for torchrun, beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    agent = Agent(order["command"], {**order["environment"], "PATH": path}, order.get("folder"))
    for name in REQUESTS:
        signal.signal(name, agent.ask)
    if told:
        threading.Thread(target=agent.obey, args=(sys.stdin, order["grace"]), daemon=True).start()
    return agent.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
