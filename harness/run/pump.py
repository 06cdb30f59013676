"""A process of its own between a launch and its log: a full disk or a dead conductor cannot stop what is running.

Run as a script, so that it starts at once: `python pump.py LOG` copies standard input to LOG and to standard output,
secrets taken out: libraries quote addresses and headers in what they say.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from harness.spec.redact import redacted


def pump(lines: Iterable[bytes], outputs: Iterable[BinaryIO]) -> None:
    """Copy `lines` without secrets to every output, leaving out those that can no longer be written."""
    open_outputs = list(outputs)
    for line in map(_redacted, lines):
        open_outputs = [output for output in open_outputs if _written(output, line)]


def _redacted(line: bytes) -> bytes:
    return redacted(line.decode(errors="surrogateescape")).encode(errors="surrogateescape")


def _written(output: BinaryIO, line: bytes) -> bool:
    try:
        output.write(line)
        output.flush()
    except OSError:
        return False
    return True


def _log(path: Path) -> list[BinaryIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return [path.open("ab", buffering=0)]
    except OSError:
        return []


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        pump(sys.stdin.buffer, [*_log(Path(sys.argv[1])), open(1, "wb", buffering=0)])  # noqa: SIM115
