"""Weights into the network of a phase, and the memory of the host that it took."""

from torch import nn

from harness.spec.phase import Evaluate, Train, architecture
from harness.worker import weights
from harness.worker.drawing import drawing
from harness.worker.meter import resident_peak
from harness.worker.stored import Shards
from harness.worker.work import Work


def fill(network: nn.Module, phase: Train | Evaluate, shards: Shards, work: Work) -> None:
    """Load what `shards` have, draw the rest, and tell the highest resident memory of any process so far."""
    seed = phase.recipe.seed if isinstance(phase, Train) else 0
    draw = drawing(architecture(phase).initializer_range, seed)
    weights.load(network, shards, draw, work.session.doing.goes_on)
    peaks = work.session.gathered([resident_peak()])
    work.tell("loaded", host_peak_bytes=max(peaks, default=0))
