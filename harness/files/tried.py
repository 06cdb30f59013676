"""What came of trying a micro-batch: written by the worker's probe, remembered by the control side."""

from pathlib import Path

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from harness.files.atomic import read_text, write_json
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.value import value

FILE = "tried.json"


@value
class Tried:
    """Whether a micro-batch of the longest sequences fitted: peak bytes of a process, seconds of an optimiser step.

    `too_large` is the smallest micro-batch that did not fit before; `accumulated`: it was one of several, which keep
    gradients between them, so that one alone needs no more.
    """

    micro_batch: PositiveInt
    fits: bool
    peak_bytes: NonNegativeInt | None = None
    seconds: NonNegativeFloat | None = None
    too_large: PositiveInt | None = None
    accumulated: bool = False


def write_tried(folder: Path, tried: Tried) -> None:
    """Leave what came of it in `folder`; raises HarnessError where it cannot be written."""
    write_json(folder / FILE, tried)


def read_tried(folder: Path) -> Tried | None:
    """What came of it; None where nothing was said, or nothing that can be read: it can be tried again."""
    try:
        found: Tried = from_json(Tried, read_text(folder / FILE, "what was tried"), str(folder / FILE))
    except HarnessError:
        return None
    return found
