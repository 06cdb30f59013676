"""What a finished phase leaves: the record with its cost, and the scores derived from its predictions."""

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from harness.spec.paths import InnerPath
from harness.spec.value import value


@value
class Cost:
    """Compute of one phase in floating-point operations, tokens and seconds.

    `model`, `hardware` and `six_nd` are defined in harness/plan/network/flops.py. `hardware` depends on the
    micro-batch, as padding does; at the same micro-batch it is the same for every ZeRO stage and world size. `filler`
    is the hardware share of evaluation batches that only keep processes in step; it depends on the world size, and is
    in nothing else.
    """

    model: NonNegativeInt = 0
    hardware: NonNegativeInt = 0
    six_nd: NonNegativeInt = 0
    filler: NonNegativeInt = 0
    real_tokens: NonNegativeInt = 0
    padded_tokens: NonNegativeInt = 0
    examples: NonNegativeInt = 0
    steps: NonNegativeInt = 0
    seconds: NonNegativeFloat = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        """The cost of both."""
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})


@value
class Record:
    """Proof that a phase is finished: its cost, and SHA-256 digests of its outputs by path in its folder; their bytes.

    `agreement` says how numbers hold over placements: to 1e-5 (fp32, dropout 0) or in distribution only.
    `wall_seconds` is the whole phase, reading data and writing outputs included. `peak_memory_bytes` is the sum over
    the processes of the peak of each during this phase, what it kept of earlier phases included: resident memory of
    the host on cpu, allocated memory of the device on cuda. Records of earlier versions have neither, nor
    sizes. `notes` are sentences that a reader of the results must know. `unique_examples` is how many of those trained
    on are different. It took so many `attempts`, in which `repeated_steps` were taken again; these are in no other
    count. `energy_joules` is what the accelerators of all its hosts used in that time; None where there are none, where
    one does not tell, and where a part was done before an interruption.
    """

    phase: str
    slug: str
    cost: Cost
    outputs: dict[InnerPath, str]
    environment: str
    finished: str
    agreement: Literal["exact", "distribution"]
    final_loss: float | None = None
    wall_seconds: NonNegativeFloat | None = None
    peak_memory_bytes: NonNegativeInt | None = None
    notes: tuple[str, ...] = ()
    unique_examples: NonNegativeInt | None = None
    attempts: PositiveInt = 1
    repeated_steps: NonNegativeInt = 0
    sizes: dict[str, NonNegativeInt] | None = None
    energy_joules: NonNegativeFloat | None = None


Cause = Literal["error", "memory", "diverged", "lost"]


@value
class Failure:
    """Why a phase stopped: one sentence, and the place where the details are.

    Its `cause` is a mistake in code or data, memory that ran out, numbers that became infinite, or a process or a link
    that was lost, which is no fault of the phase.
    """

    phase: str
    reason: str
    details: str
    failed: str
    cause: Cause = "error"


BLOCKS = 20  # parts of the examples of a language; the same example is in the same part in every evaluation


@value
class LanguageScore:
    """Scores of one language in percent; `chance` is the best score that ignores the input, `n` the examples.

    `values` has the headline as `score`, further values of the metric, and that of each stored variant by its name.
    `note` says what is partial about the rows or their candidates: such scores are in no benchmark's score. `blocks`
    are the headlines of BLOCKS parts of the examples, of which the i-th in the order of the gold is in part i modulo
    BLOCKS, None for a part without any; there are none where a part of the examples has no score that means anything,
    and in scores of earlier versions.
    """

    values: dict[str, float]
    chance: float
    n: NonNegativeInt
    note: str | None = None
    blocks: tuple[float | None, ...] = ()


@value
class Scores:
    """Scores of an Evaluate, derived on the control side; `missing` gives the reason for each absent language.

    `gold` and `predictions` are the digests of what was compared, by language; those of a pool, of the evaluation that
    the metric was tuned on, and of variants have keys such as `pool/de`, `tuning/de`, `csls/de`.
    """

    phase: str
    task: str
    metric: str
    metric_version: int
    gold: dict[str, str]
    predictions: dict[str, str]
    languages: dict[str, LanguageScore]
    missing: dict[str, str]
