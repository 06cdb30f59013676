"""A launch on several hosts: an agent on each through a remote shell; run as `python -m harness.run.hosts.remote`.

Of the command that is started everywhere, the words {port}, {address}, {own_address}, {rank} and {first} stand for a
port that is free on the first host, its address, that of the host itself, the host's number, and whether it is 0.
"""

import argparse
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

from harness.run.child import ERROR, LOST
from harness.run.hosts import agent
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

POLL = 0.2  # seconds between two looks at the agents
SETTLED = 4.0  # seconds after a process said what its mistake was, in which it writes that down
MARGIN = 30  # seconds that an agent has beyond those that its processes have for a checkpoint
# What else an agent's processes get of this environment; no names under which tokens are kept.
PREFIXES = ("NCCL_", "GLOO_", "TORCH_", "PET_", "PYTHON", "UCX_", "FI_")
NAMES = ("LD_LIBRARY_PATH", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")


def command(cluster: Cluster, started: Sequence[str], exported: Sequence[str], restarts: int) -> tuple[str, ...]:
    """The command line that starts `started` on every host of `cluster`, with variables named by `exported`."""
    options = ["--hosts", ",".join(cluster.hosts), "--shell", shlex.join(cluster.remote_shell)]
    if cluster.addresses:
        options += ["--addresses", ",".join(cluster.addresses)]
    options += ["--export", ",".join(exported), "--restarts", str(restarts), "--grace", str(cluster.grace_s + MARGIN)]
    return (sys.executable, "-m", "harness.run.hosts.remote", *options, "--", *started)


@dataclass
class Node:
    """A host, and its agent's remote shell at work."""

    host: str
    words: tuple[str, ...]
    order: str
    lost: int = 0
    code: int | None = None
    shell: "subprocess.Popen[str] | None" = field(default=None, repr=False)
    reader: threading.Thread | None = field(default=None, repr=False)
    erred: float | None = None  # by the monotonic clock, when one of its processes said what its mistake was

    def start(self) -> None:
        """Start its agent, and pass on what it says."""
        self.shell = subprocess.Popen(
            self.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",  # a reader that stumbles lets the pipe fill, and training stands still
            start_new_session=True,  # a request to end reaches all of our session, and ssh would leave the agent behind
        )
        assert self.shell.stdout is not None
        self.reader = threading.Thread(target=self._say, args=(self.shell.stdout,), daemon=True)
        self.reader.start()
        self.tell(self.order)

    def tell(self, line: str) -> None:
        """Write a line to the agent; one that is gone is found out otherwise."""
        if self.shell and self.shell.stdin and not self.shell.stdin.closed:
            try:
                print(line, file=self.shell.stdin, flush=True)
            except OSError:
                return

    def look(self) -> int | None:
        """The agent's exit code once it has ended and all that it said is told."""
        if self.shell and (status := self.shell.poll()) is not None:
            if self.reader:
                self.reader.join(POLL)
            self.code = status
        return self.code

    def _say(self, lines: IO[str]) -> None:
        for line in lines:
            print(f"[{self.host}] {line}", end="", flush=True)
            if ERROR in line:
                self.erred = self.erred or time.monotonic()

    def leave(self, deadline: float) -> None:
        """End the remote shell by then, on the monotonic clock; an agent beyond it ends by the end of its input."""
        if self.shell and self.shell.poll() is None:
            if self.shell.stdin:
                self.shell.stdin.close()
            try:
                self.shell.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.shell.kill()


class Launch:
    """Agents on all nodes, the first of which holds the rendezvous; an agent that is lost elsewhere is started anew."""

    def __init__(self, nodes: Sequence[Node], restarts: int, grace: int) -> None:
        self._nodes, self._restarts, self._grace = nodes, restarts, grace
        self._asked: str | None = None
        self._told: str | None = None

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Remember a request to end; it is passed on outside of the signal handler."""
        self._asked = self._asked or signal.Signals(number).name

    def run(self) -> int:
        """Until every agent has ended, or one has failed; the exit code of the first that failed, else 0."""
        try:
            for node in self._nodes:
                node.start()
            while None in [node.look() for node in self._nodes]:
                self._pass_on()
                if failed := self._failed():
                    return failed
                time.sleep(POLL)
            return self._failed() or max(node.code or 0 for node in self._nodes)
        finally:
            for node in self._nodes:
                node.tell("SIGTERM")
            # Whoever launches again meets none of them: they would hold accelerators, and write the same files.
            deadline = time.monotonic() + self._grace
            for node in self._nodes:
                node.leave(deadline)

    def _pass_on(self) -> None:
        if self._asked and not self._told:
            self._told = self._asked
            for node in self._nodes:
                node.tell(self._told)

    def _failed(self) -> int:
        """The code of an agent that failed; one that was lost is started anew, if it may be.

        torchrun would start all processes again after a mistake of one, too, and meet the same.
        """
        for rank, node in enumerate(self._nodes):
            if node.erred and time.monotonic() - node.erred > SETTLED:
                return 1
            if not node.code or node.code == agent.REQUEUE:
                continue
            if not lost(node.code):
                return node.code
            how = f"host {node.host} was lost (its agent ended with {node.code})"
            ended = any(other.code == 0 for other in self._nodes)  # one that came back would wait for it
            if rank == 0 or node.lost >= self._restarts or self._asked or ended:
                more = ", and with it the rendezvous" if rank == 0 else f" {node.lost + 1} times"
                print(f"{LOST}{how}{more}", flush=True)
                return node.code if node.code > 0 else 128 - node.code
            node.lost, node.code = node.lost + 1, None
            print(f"harness: {how}; it is started again there", flush=True)
            node.start()
        return 0


def lost(code: int) -> bool:
    """Whether an agent that ended so was ended from outside: by a signal, or with the connection to it (255 of ssh)."""
    return code < 0 or code > 128


def _exported(names: Sequence[str]) -> dict[str, str]:
    """The variables that every agent gets."""
    kept = (name for name in os.environ if name.startswith(PREFIXES) or name in (*NAMES, *names))
    return {name: os.environ[name] for name in kept}


def _shell(words: Sequence[str], host: str) -> tuple[str, ...]:
    """The remote shell's words; ssh puts them together, others do not, so they must need no quotes."""
    there = (sys.executable, "-u", agent.__file__)
    for word in there:
        if shlex.quote(word) != word:
            raise HarnessError(f"'{word}' would need quotes in a remote shell; install the harness in another folder")
    return (*words, host, *there)


def _port(words: Sequence[str], host: str) -> str:
    """A port that is free on `host`; raises HarnessError where nothing can be started there."""
    try:
        asked = subprocess.run((*_shell(words, host), "--port"), capture_output=True, text=True, check=True, timeout=60)
        return asked.stdout.split()[-1]
    except (subprocess.SubprocessError, OSError, IndexError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise HarnessError(
            f"host {host}: nothing can be started there by `{shlex.join(words)} {host} ...`: {' '.join(said.split())}"
        ) from error


def _filled(word: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(" + "|".join(values) + r")\}", lambda found: values[found[1]], word)


def _nodes(options: argparse.Namespace) -> list[Node]:
    hosts = options.hosts.split(",")
    addresses = options.addresses.split(",") if options.addresses else hosts
    shell = shlex.split(options.shell)
    shared = {"port": _port(shell, hosts[0]), "address": addresses[0]}
    environment = _exported(options.export.split(","))
    nodes = []
    for rank, (host, address) in enumerate(zip(hosts, addresses, strict=True)):
        own = {**shared, "own_address": address, "rank": str(rank), "first": str(int(rank == 0))}
        started = [_filled(word, own) for word in options.command]
        told = {"command": started, "environment": environment, "folder": os.getcwd()}  # noqa: PTH109
        order = json.dumps({**told, "grace": options.grace})
        nodes.append(Node(host, (*_shell(shell, host), "--told"), order))
    return nodes


def main() -> int:
    """Start the command everywhere, and return the launch's exit code."""
    parser = argparse.ArgumentParser(prog="harness.run.hosts.remote", description=__doc__)
    parser.add_argument("--hosts", required=True, help="names, with commas between them")
    parser.add_argument("--addresses", help="what the hosts call each other, where these are no names")
    parser.add_argument("--shell", default="ssh", help="words before a host's name and a command")
    parser.add_argument("--export", default="", help="variables that every agent gets, with commas between them")
    parser.add_argument("--restarts", type=int, default=0, help="how often each host's agent may be lost")
    parser.add_argument("--grace", type=int, default=90, help="seconds that agents have when they are asked to end")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what hosts say, in whatever letters this one has
    try:
        launch = Launch(_nodes(options), options.restarts, options.grace)
    except HarnessError as error:
        print(f"harness: error: {error}", flush=True)
        return 1
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, launch.ask)
    return launch.run()


if __name__ == "__main__":
    sys.exit(main())
