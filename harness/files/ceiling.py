"""What a machine can do, as `harness doctor` measured it: the ceiling of every phase that runs there."""

from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from harness.files.atomic import read_text, write_json
from harness.spec.load import from_json
from harness.spec.recipe import Precision
from harness.spec.value import value

FILE = Path(".cache") / "ceiling.json"


@value
class Ceiling:
    """Rates of one process while all `processes` of a node are at work; FLOP/s of matrix products, else bytes/s.

    `copy` and `triad` (a = b + s c) count what is read and written. `all_reduce` is what each process sends to others,
    `to_device` and `from_device` go over PCIe; they are None where there is nothing to send to.
    """

    device: str
    processes: PositiveInt
    threads: PositiveInt
    packages: dict[str, str]
    measured: str
    matmul_fp32: PositiveFloat
    matmul_bf16: PositiveFloat
    copy: PositiveFloat
    triad: PositiveFloat
    all_reduce: NonNegativeFloat | None = None
    to_device: PositiveFloat | None = None
    from_device: PositiveFloat | None = None

    def matmul(self, precision: Precision) -> float:
        """FLOP/s of matrix products in `precision`."""
        return self.matmul_bf16 if precision == "bf16" else self.matmul_fp32

    @property
    def bandwidth(self) -> float:
        """Bytes/s between memory and arithmetic."""
        return max(self.copy, self.triad)


def write_ceiling(runs: Path, ceiling: Ceiling) -> None:
    """Keep what was measured for the phases of `runs`; raises HarnessError where it cannot be written."""
    write_json(runs / FILE, ceiling)


def read_ceiling(runs: Path) -> Ceiling | None:
    """What was measured for the run folder `runs`; None where nothing was. Raises HarnessError for a damaged file."""
    if not (runs / FILE).exists():
        return None
    text = read_text(runs / FILE, "what `harness doctor` measured")
    found: Ceiling = from_json(Ceiling, text, f"{runs / FILE}: run `harness doctor` again")
    return found
