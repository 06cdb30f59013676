"""The heads of a phase as numbers: classes, and the tensors that each adds to the encoder."""

from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train
from harness.spec.task import Data

Shapes = tuple[tuple[int, ...], ...]

TEXTS = {"retrieval": 2, "choice": 4}  # sequences of an example: query and candidate; the choices, most often 4
OVER_VOCABULARY = ("mlm", "clm")


def head_sets(phase: Train | Evaluate) -> tuple[Data, ...]:
    """The data whose heads are built: of all that a stage trains on, or of the task that is answered."""
    if isinstance(phase, Train):
        return phase.data
    return () if phase.head is None else (phase.data,)


def classes(data: Data, architecture: Architecture) -> int:
    """Outputs of a head at one position; that of retrieval gives a vector, not classes."""
    if data.format in OVER_VOCABULARY:
        return architecture.vocabulary
    return {"choice": 1, "span": 2, "retrieval": 0}.get(data.format, len(data.labels))


def head_shapes(data: Data, architecture: Architecture) -> Shapes:
    """The shapes of a head's own tensors; embeddings that it is tied to are the encoder's."""
    hidden, outputs = architecture.hidden, classes(data, architecture)
    dense: Shapes = ((hidden, hidden), (hidden,))
    match data.format:
        case "mlm":
            return (*dense, (hidden,), (hidden,), (outputs,))
        case "clm":
            return ()
        case "retrieval":
            return dense
        case "pair" | "choice":
            return (*dense, (outputs, hidden), (outputs,))
        case _:
            return ((outputs, hidden), (outputs,))
