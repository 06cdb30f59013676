"""Plays the worker: leases, journals and records as the real one, no training; `play.json` says what goes wrong where.

`python fake_worker.py harness.worker --owner ID DIR...`; the probe is played without a process;
`python fake_worker.py conduct SWEEP RUNS` conducts a sweep with it instead.
"""

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from harness.files.atomic import digest, write_json, write_text
from harness.files.journal import Journal
from harness.files.layout import PhaseFolder
from harness.files.lease import acquire, heartbeat, release
from harness.files.tried import Tried, write_tried
from harness.run.child import Command
from harness.run.conduct import setbacks
from harness.run.conduct.loop import conduct
from harness.run.progress import Lines
from harness.run.stop import Stopped
from harness.run.study import open_work
from harness.run.track.projecting import NOWHERE
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.phase import Evaluate, slug
from harness.spec.record import Cause, Cost, Failure, Record

FAILURES: dict[str, tuple[str, Cause]] = {
    "fail": ("it did not fit", "error"),
    "fail when asked": ("it did not fit", "error"),
    "run out of room": (f"record.json: could not be written ({os.strerror(errno.ENOSPC)})", "error"),
    "diverge": ("the loss is nan", "diverged"),
    "lose a peer": ("Connection closed by peer", "lost"),
}


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """Launch this file in place of the worker."""
    if worker[0] == "harness.worker.probe":
        return probe(PhaseFolder(Path(worker[-1])))
    return Command((sys.executable, __file__, *worker), {})


def probe(folder: PhaseFolder) -> Command:
    """Play the probe; `play.json` says the largest `micro_batch` that fits, of a `role`, and how a larger one ends."""
    placement = json.loads(folder.placement_file.read_text())
    runs, role, micro = folder.path.parents[2], folder.phase().role, placement["micro_batch"]
    play = json.loads((runs / "play.json").read_text())
    with (runs / "probed").open("a") as file:
        file.write(f"{role} {micro}x{placement['accumulation']}\n")
    fits = play.get("role", role) != role or micro <= play.get("micro_batch", micro)
    how = "" if fits else play.get("too_large", "")
    if not how:
        write_tried(folder.path, Tried(micro, True, 7, 0.5) if fits else Tried(micro, fits=False))
    return Command(
        ("sh", "-c", {"die": "kill -9 $$", "say": "echo harness: error: no such device; exit 1"}.get(how, "")), {}
    )


def work(owner: str, paths: list[Path]) -> int:
    """Every error is said as the worker says it: a full disk may be met anywhere."""
    try:
        for folder in map(PhaseFolder, paths):
            if folder.done:
                continue
            if not acquire(folder.lease_file, owner):
                return 0
            with heartbeat([folder.lease_file], owner):
                perform(folder)
            release(folder.lease_file, owner)
    except (HarnessError, OSError) as error:
        print(f"harness: error: {error}", file=sys.stderr)
        return 1
    return 0


def perform(folder: PhaseFolder) -> None:
    phase = folder.phase()
    runs = folder.path.parent
    with (runs / "performed").open("a") as file:
        file.write(f"{identity(phase)}\n")
    with Journal(folder.journal_file) as journal:
        journal.append("start", phase=identity(phase))
        journal.append("step", step=2, steps=5, loss=1.0, seconds=0.5)
        journal.sync()
        how = json.loads((runs / "play.json").read_text()).get(slug(phase), "")
        misbehave(folder, how)
    output = folder.predictions / "en.jsonl" if isinstance(phase, Evaluate) else folder.weights / "weights"
    write_text(output, identity(phase))
    if how == "fill the disk":
        fill(runs / "filler")
    name = str(output.relative_to(folder.path))
    sizes = {name: output.stat().st_size}
    record = Record(
        identity(phase),
        slug(phase),
        Cost(model=7),
        {name: digest(output)},
        "",
        "2026-01-01T00:00:00+00:00",
        "exact",
        sizes=sizes,
    )
    with Journal(folder.journal_file) as journal:
        journal.append("end", record=dump(record))
    write_json(folder.record_file, record)


def misbehave(folder: PhaseFolder, how: str) -> None:
    awaited = {"wait": "go", "fail when asked": "ask"}.get(how)
    while awaited and not (folder.path.parent / awaited).exists():
        time.sleep(0.05)
    if how == "fill nvme":
        config = json.loads(folder.ds_config_file.read_text())
        path = Path(config["zero_optimization"]["offload_param"]["nvme_path"])
        write_text(path / "zero_stage_3" / "parameters", "0")
        write_text(folder.path.parent / "was_on_nvme", str(path))
    if how == "garble":
        write_text(folder.failure_file, "{")
        raise HarnessError("it did not fit")
    if how in FAILURES:
        fail(folder, *FAILURES[how])
    if how.startswith("die"):
        die(folder, int(how.removeprefix("die") or 99))
    if how.startswith("need memory"):
        need_memory(folder, int(how.rsplit(maxsplit=1)[-1]))
    if how == "say":
        raise HarnessError("this is why")


def die(folder: PhaseFolder, times: int) -> None:
    """Only the first times."""
    if (folder.path.parent / "performed").read_text().count(folder.id) <= times:
        os.kill(os.getpid(), signal.SIGKILL)


def need_memory(folder: PhaseFolder, most: int) -> None:
    placement = json.loads(folder.placement_file.read_text())
    with (folder.path.parent / "placed").open("a") as file:
        file.write(f"{placement['micro_batch']}x{placement['accumulation']} {placement['token_budget']}\n")
    if max(placement["micro_batch"], placement["token_budget"] * isinstance(folder.phase(), Evaluate)) > most:
        fail(folder, "CUDA out of memory", "memory")


def fail(folder: PhaseFolder, reason: str, cause: Cause = "error") -> None:
    write_json(
        folder.failure_file,
        Failure(identity(folder.phase()), reason, "a traceback", "2026-01-01T00:00:00+00:00", cause),
    )
    raise HarnessError(reason)


def fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def conducted(sweep: Path, runs: Path) -> int:
    setbacks.WAITS = (0.0,)
    opened = open_work(sweep, None, runs)
    try:
        with Lines(Console()) as display:
            states = conduct(opened, command, display, NOWHERE)
    except Stopped as stop:
        return stop.exit_code
    except HarnessError as error:
        print(f"harness: error: {error}")
        return 2
    return int(any(state.status != "done" for state in states.values()))


if __name__ == "__main__":
    if sys.argv[1] == "conduct":
        sys.exit(conducted(Path(sys.argv[2]), Path(sys.argv[3])))
    sys.exit(work(sys.argv[3], [Path(path) for path in sys.argv[4:]]))
