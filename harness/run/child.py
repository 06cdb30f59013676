"""A launch on this host: a child in a session of its own, its output kept in a log, and its certain end."""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals
from typing import IO

import psutil

from harness.run import pump
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

GRACE = 10.0  # seconds between asking a launch to end and ending it
LAST_LINES = 200  # torchrun ends with 40 lines of its own, after what each process said
ERROR, LOST = "harness: error: ", "harness: lost: "  # what a worker's sentence begins with: a mistake, or lost peers
NOTICE = "harness: notice: "  # and what a launch's does that whoever waits for it wants to know
# From torch 2.11 on torchrun sets the second of its variables itself, from an option, which the first one stands for.
HEARD = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
VISIBLE = "CUDA_VISIBLE_DEVICES"  # which of a host's accelerators a process may use


@dataclass(frozen=True)
class Command:
    """A command line, what it adds to the environment, and the files that it needs, by name (`run/scripts.py`).

    Once it is asked to end, it has `grace` seconds, beside those that its processes have for a checkpoint.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    grace: float = GRACE


Launcher = Callable[[Sequence[str], Cluster], Command]


def phases(folders: Iterable[Path], owner: str) -> tuple[str, ...]:
    """The worker and its arguments, to work through the phases in `folders` in their order."""
    return ("harness.worker", "--owner", owner, *map(str, folders))


def worker_environment(cluster: Cluster, elsewhere: bool = False) -> dict[str, str]:
    """What the worker's processes need to know before they import anything.

    Where a scheduler starts them `elsewhere`, it says which accelerators they have. Here HarnessError is raised where
    fewer may be used than `cluster` wants.
    """
    return {
        **({VISIBLE: ",".join(devices(cluster))} if cluster.accelerator == "cuda" and not elsewhere else {}),
        **_interfaces(cluster),
        "DS_ACCELERATOR": cluster.accelerator,
        "OMP_NUM_THREADS": str(cluster.threads_per_process),
        # How long threads spin for each other before they sleep: some 30 us. At once asleep, a step of the demo takes
        # 1.4 times as long; spinning for milliseconds, as is the default, 20 times as soon as the host has other work.
        "GOMP_SPINCOUNT": "20000",
        "TOKENIZERS_PARALLELISM": "true" if cluster.threads_per_process > 1 else "false",
        "RAYON_NUM_THREADS": str(cluster.threads_per_process),  # those of the tokenizer; else as many as cores
        "PYTHONSAFEPATH": "1",  # else `python -m` imports from the current directory first
        "PYTHONUNBUFFERED": "1",
        # torchrun passes these on to its processes, which then have so many seconds for a checkpoint.
        **dict.fromkeys(("PET_SIGNALS_TO_HANDLE", "TORCHELASTIC_SIGNALS_TO_HANDLE"), HEARD),
        "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": str(cluster.grace_s),
    }


def _interfaces(cluster: Cluster) -> dict[str, str]:
    """Without them a host whose name it resolves to 127.0.0.1 itself offers the others that address, and they wait."""
    if cluster.network_interface is None:
        return {}
    return dict.fromkeys(("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"), cluster.network_interface)


def devices(cluster: Cluster) -> list[str]:
    """The accelerators of `cluster`, or of the share of one that it is, among those that this command may use.

    Raises HarnessError where they are fewer than it wants.
    """
    first, wanted = cluster.first_device, cluster.first_device + cluster.processes_per_node
    if cluster.hosts:  # what this host allows says nothing about them
        return list(map(str, range(first, wanted)))
    named = os.environ.get(VISIBLE)  # set to nothing it allows none
    allowed = list(map(str, range(wanted))) if named is None else _allowed(named)
    if len(allowed) < wanted:
        raise HarnessError(
            f"cluster '{cluster.name}': {wanted} accelerators are wanted, but {VISIBLE} names {len(allowed)}; "
            "name more there, or lower processes_per_node or first_device"
        )
    return allowed[first:wanted]


class Launch:
    """A running launch; `last_lines` are the latest of its output."""

    def __init__(self, command: Command, log: Path, folder: Path) -> None:
        """Start `command` in `folder`, its output going to `log`."""
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._notices: deque[str] = deque()
        self._grace = command.grace
        self._child = subprocess.Popen(
            command.arguments,
            env=_environment(command.environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._known = {psutil.Process(self._child.pid)}
        self._reader = threading.Thread(target=self._keep, args=(_logged(self._child, log),), daemon=True)
        self._reader.start()

    def wait(self, seconds: float) -> int | None:
        """The exit status once the launch has ended (negative: by that signal), or None after `seconds`."""
        self._meet()
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    @property
    def last_error(self) -> str | None:
        """The last sentence that its processes said about an error, if they said one."""
        said = [line.partition(ERROR)[2] for line in self.last_lines if ERROR in line]
        return said[-1] if said else None

    @property
    def first_lost(self) -> str | None:
        """The first sentence that they said about lost peers: those that follow lost the one that said it."""
        said = [line.partition(LOST)[2] for line in self.last_lines if LOST in line]
        return said[0] if said else None

    def notices(self) -> Iterator[str]:
        """The sentences that it said since the last call for whoever waits for it."""
        while self._notices:
            yield self._notices.popleft()

    def ask_to_end(self) -> None:
        """Ask it to end, and wait for nothing."""
        self._meet()
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, SIGTERM)
            return
        for process in self._known:  # a launcher that was killed passes nothing on
            with suppress(psutil.NoSuchProcess):
                process.terminate()

    def end(self) -> None:
        """End every process of the launch: ask, wait for its grace, then kill."""
        self.ask_to_end()
        # torchrun gives each worker a session of its own, so that killing its process group would not reach them.
        for process in _alive_after(self._known, self._grace):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _alive_after(self._known, GRACE)
        self._child.wait()
        self._reader.join(GRACE)

    def _meet(self) -> None:
        """Remember every descendant, so that none is lost when its parent dies first."""
        with suppress(psutil.NoSuchProcess):
            self._known.update(psutil.Process(self._child.pid).children(recursive=True))

    def _keep(self, output: IO[bytes]) -> None:
        for line in output:
            said = line.decode(errors="replace").rstrip()
            self.last_lines.append(said)
            if said.startswith(NOTICE):
                self._notices.append(said.removeprefix(NOTICE))


@contextmanager
def launched(command: Command, log: Path, folder: Path) -> Iterator[Launch]:
    """A launch that is certainly over when the block is left, however it is left."""
    launch = Launch(command, log, folder)
    try:
        yield launch
    finally:
        launch.end()


def ending(status: int) -> str:
    """In words, how a process ended with `status`."""
    if status >= 0:
        return f"ended with exit code {status}"
    return f"was ended by {Signals(-status).name}"


def _allowed(named: str) -> list[str]:
    """The accelerators named in VISIBLE."""
    names = [name.strip() for name in named.split(",")]
    if any(name.startswith("-") for name in names):  # to CUDA it hides all that come after it, too
        raise HarnessError(f"{VISIBLE} is '{named}', but a negative number names no accelerator; leave it out")
    return [name for name in names if name]


def _alive_after(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those still at work after `seconds`, or none as soon as all have ended; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _works(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _works(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _environment(additions: Mapping[str, str]) -> dict[str, str]:
    """Ours, but for what training has no business with."""
    # Training never talks to MLflow, and DeepSpeed's runner logs what it passes on of it, passwords included.
    ours = {name: text for name, text in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**ours, **additions, "PATH": path()}


def path() -> str:
    """Our PATH, with ninja and the launchers of this Python found first (DeepSpeed compiles with ninja)."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _logged(child: subprocess.Popen[bytes], log: Path) -> IO[bytes]:
    """The output of `child`, after it went to `log` by a process that outlives this one."""
    copier = subprocess.Popen(
        [sys.executable, pump.__file__, str(log)], stdin=child.stdout, stdout=subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None
    assert copier.stdout is not None  # both are pipes
    child.stdout.close()
    return copier.stdout
