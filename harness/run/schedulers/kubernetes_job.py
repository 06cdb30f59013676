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

from harness.run.hosts.agent import REQUEUE
from harness.spec.errors import HarnessError

LOOK = 1.0  # seconds between two looks at the request to end
OFTEN, SELDOM = 2.0, 30.0  # seconds between two questions to the server, after a change and in the long run
ENDED = {"Completed": True, "Complete": True, "Failed": False}  # conditions of JobSet and TrainJob
GONE = "NotFound"


class Follower:
    """The object of a manifest, from its making to its end."""

    def __init__(self, manifest: Path) -> None:
        described = yaml.safe_load(manifest.read_text())
        self._manifest, self._name = manifest, str(described["metadata"]["name"])
        self._what = (
            ("--namespace", str(described["metadata"]["namespace"])),
            f"{described['kind'].lower()}/{self._name}",
        )
        self._asked = self._deleted = False
        self._interval = OFTEN
        self._logs: subprocess.Popen[bytes] | None = None
        self._since: str | None = None

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Remember a request to end."""
        self._asked = True

    def run(self) -> int:
        """Apply, follow, and return the exit code; what failed is deleted by whoever has looked at it."""
        applied = self._kubectl("apply", "--filename", str(self._manifest))
        if applied.returncode:
            raise HarnessError(f"kubectl refuses {self._manifest}: {' '.join(applied.stderr.split())}")
        try:
            while (ended := self._look()) is None:
                self._follow_logs()
                self._wait()
            return ended
        finally:
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
        for condition in json.loads(shown.stdout).get("status", {}).get("conditions", ()):
            if condition["status"] == "True" and condition["type"] in ENDED:
                return 0 if ENDED[condition["type"]] else self._code()
        return None

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
        options = ("--follow", "--prefix", "--ignore-errors", "--max-log-requests=100", *since)
        words = ("kubectl", *self._what[0], "logs", "--selector", self._selector, *options)
        self._logs = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def _kubectl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(("kubectl", *self._what[0], *words), capture_output=True, text=True, check=False)


def _codes(pods: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    for pod in pods:
        for container in pod.get("status", {}).get("containerStatuses", ()):
            if code := container.get("state", {}).get("terminated", {}).get("exitCode"):
                yield int(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Apply, follow, and return the exit code."""
    parser = argparse.ArgumentParser(prog="harness.run.schedulers.kubernetes_job", description=__doc__)
    parser.add_argument("manifest", type=Path)
    follower = Follower(parser.parse_args(arguments).manifest)
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, follower.ask)
    try:
        return follower.run()
    except (HarnessError, FileNotFoundError) as error:
        print(f"harness: error: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
