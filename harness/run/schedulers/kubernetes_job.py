"""A launch on Kubernetes as a process: the manifest given as argument is applied, followed and deleted."""

import argparse
import datetime
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from harness.run.child import NOTICE
from harness.run.hosts.agent import REQUEUE
from harness.spec.errors import HarnessError

LOOK = 1.0  # seconds between two looks at the request to end
OFTEN, SELDOM = 2.0, 30.0  # seconds between two questions to the server, after a change and in the long run
ENDED = {"Completed": True, "Complete": True, "Failed": False}  # conditions of JobSet and TrainJob
GONE = "NotFound"
IMAGE = ("ErrImagePull", "ImagePullBackOff")  # are told in turns
STARTING = ("ContainerCreating", "PodInitializing")  # what a container waits for that is about to start
WORKER = "harness.worker"


class Follower:
    """The object of a manifest, from its making to its end."""

    def __init__(self, manifest: Path, owner: str | None = None) -> None:
        described = yaml.safe_load(manifest.read_text())
        self._manifest, self._name = manifest, str(described["metadata"]["name"])
        self._applied = json.dumps(_owned(described, ["--owner", owner] if owner else []))
        self._what = (
            ("--namespace", str(described["metadata"]["namespace"])),
            f"{described['kind'].lower()}/{self._name}",
        )
        self._asked = self._deleted = False
        self._interval = OFTEN
        self._logs: subprocess.Popen[bytes] | None = None
        self._since: str | None = None
        self._hindrances: set[str] = set()  # what it waits for, as far as that was said

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Remember a request to end."""
        self._asked = True

    def run(self) -> int:
        """Apply, follow, and return the exit code; what ended well is deleted, what failed by whoever looked at it."""
        applied = self._kubectl("apply", "--filename", "-", given=self._applied)
        if applied.returncode:
            raise HarnessError(f"kubectl refuses {self._manifest}: {' '.join(applied.stderr.split())}")
        try:
            while (ended := self._look()) is None:
                self._follow_logs()
                self._wait()
        finally:
            self._end_logs()
        if ended == 0:
            self._kubectl("delete", self._what[1], "--wait=false")
        return ended

    def _end_logs(self) -> None:
        if self._logs:
            with suppress(subprocess.TimeoutExpired):
                self._logs.wait(OFTEN)  # what was said last
            self._logs.kill()

    def _look(self) -> int | None:
        """The exit code once it has ended; asked to end, it is deleted, and its pods may write a checkpoint."""
        if self._asked and not self._deleted:
            self._deleted = self._kubectl("delete", self._what[1], "--wait=false").returncode == 0
        shown = self._kubectl("get", self._what[1], "--output=json")
        if shown.returncode:
            # A server that does not answer ends nothing.
            return self._code_without_object() if GONE in shown.stderr else None
        conditions = json.loads(shown.stdout).get("status", {}).get("conditions", ())
        true = {condition["type"]: condition for condition in conditions if condition["status"] == "True"}
        if ended := ENDED.keys() & true:
            return 0 if all(ENDED[kind] for kind in ended) else self._code()
        self._explain(true.get("Suspended"))
        return None

    def _explain(self, suspended: Mapping[str, Any] | None) -> None:
        """Say what it waits for, each reason once as long as it does: for a queue to let it go, nodes, or images."""
        found = {"Suspended": _sentence(suspended)} if suspended else dict(_hindrances(self._pods()))
        for reason in found.keys() - self._hindrances:
            print(f"{NOTICE}{self._what[1]} waits: {found[reason]}", flush=True)
        self._hindrances = self._hindrances | found.keys() if found else set()

    def _code_without_object(self) -> int | None:
        if not self._asked:
            print(f"harness: error: {self._what[1]} was deleted", flush=True)
            return 1
        return None if self._pods() else REQUEUE

    def _wait(self) -> None:
        """Until the next question, or until it is asked to end."""
        until = time.monotonic() + (OFTEN if self._asked else self._interval)
        self._interval = min(1.5 * self._interval, SELDOM)
        while time.monotonic() < until and (self._deleted or not self._asked):
            time.sleep(LOOK)

    def _code(self) -> int:
        """The exit code of the first container that failed."""
        return next(_codes(self._pods()), 1)

    def _pods(self) -> list[Mapping[str, Any]]:
        shown = self._kubectl("get", "pods", "--selector", self._selector, "--output=json")
        return list(json.loads(shown.stdout)["items"]) if shown.returncode == 0 else []

    @property
    def _selector(self) -> str:
        """TrainJob makes a JobSet of its own name."""
        return f"jobset.sigs.k8s.io/jobset-name={self._name}"

    def _follow_logs(self) -> None:
        """Pass on what pods say; pods that are started again have logs of their own."""
        if self._logs and self._logs.poll() is None:
            return
        since = ("--since-time", self._since) if self._since else ("--tail=-1",)
        self._since = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        options = ("--follow", "--prefix", "--ignore-errors", "--max-log-requests=10000", *since)
        words = ("kubectl", *self._what[0], "logs", "--selector", self._selector, *options)
        self._logs = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def _kubectl(self, *words: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Ask it, in a session of its own: a request to end reaches all of ours, and an object may be half made."""
        asked = ("kubectl", *self._what[0], *words)
        how: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "start_new_session": True}
        return subprocess.run(asked, input=given, check=False, **how)


def _owned(described: Any, owner: Sequence[str]) -> Any:
    """What a manifest describes, with words that tell the worker whose leases it has: no file by hand says that."""
    match described:
        case dict():
            return {name: _owned(part, owner) for name, part in described.items()}
        case list() if WORKER in described:
            place = described.index(WORKER) + 1
            return [*described[:place], *owner, *described[place:]]
        case list():
            return [_owned(part, owner) for part in described]
    return described


def _codes(pods: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    for pod in pods:
        for container in pod.get("status", {}).get("containerStatuses", ()):
            if code := container.get("state", {}).get("terminated", {}).get("exitCode"):
                yield int(code)


def _hindrances(pods: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Why pods have no node, or their containers no image: a word, and a sentence, in which numbers may change."""
    for status in (pod.get("status", {}) for pod in pods):
        for condition in status.get("conditions", ()):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                yield condition.get("reason", "Unschedulable"), _sentence(condition)
        for container in status.get("containerStatuses", ()):
            waiting = container.get("state", {}).get("waiting", {})
            if (reason := waiting.get("reason", STARTING[0])) not in STARTING:
                yield IMAGE[0] if reason in IMAGE else reason, _sentence(waiting)


def _sentence(said: Mapping[str, Any]) -> str:
    """The reason and the message of a condition, on one line."""
    return " ".join(": ".join(filter(None, (said.get("reason"), said.get("message")))).split()) or "it does not say why"


def main(arguments: Sequence[str] | None = None) -> int:
    """Apply, follow, and return the exit code."""
    parser = argparse.ArgumentParser(prog="harness.run.schedulers.kubernetes_job", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--owner", help="who holds the leases of the phases (each launch by hand its own)")
    options = parser.parse_args(arguments)
    follower = Follower(options.manifest, options.owner)
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, follower.ask)
    try:
        return follower.run()
    except (HarnessError, FileNotFoundError) as error:
        print(f"harness: error: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
