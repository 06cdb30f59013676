"""What a run folder holds at its fullest: weights that are kept or awaited, predictions, and files of each phase."""

import math
from collections.abc import Iterable, Mapping

from harness.plan.bill import Storage
from harness.plan.network.counts import counts
from harness.plan.network.layers import reads_every_layer
from harness.spec.identity import identity
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train

FP32 = 4
STATES = 4 * FP32  # masters, both moments of Adam, and the weights as they are computed with, at most in fp32
CHECKPOINTS = 3
SHARD_BYTES = 2 << 30  # as harness/worker/weights.py cuts them
FILES = 7  # phase, placement, DeepSpeed configuration, journal, environment, record, and the folder itself
PREDICTION_BYTES = 1 << 20  # of a language: some thousand rows with an id and a label, tags or ranked ids
TOKENIZER_BYTES = 20 << 20


def storage(phases: Iterable[AnyPhase], sizes: Mapping[str, int], parts: int, keep_all: bool) -> Storage:
    """The fullest state of a run folder on a cluster of so many `parts`, of which each phase takes some, by id.

    Weights of targets are deleted when they have been evaluated, unless `keep_all`, and the checkpoints of every
    training when it is finished: each launch is taken to hold those of one, and the heaviest for the part that they
    take to be at work together. Intermediate states stay, so that further targets can begin there.
    """
    kept, passing, resuming, other, inodes = 0, [], [], 0, 0
    for phase in phases:
        match phase:
            case Train():
                size, part = weight_bytes(phase), sizes.get(identity(phase), 1)
                files = 3 + math.ceil(size / SHARD_BYTES)
                resuming.append((checkpoint_bytes(phase), part))
                if phase.role == "target" and not keep_all:
                    passing.append((size, part))
                else:
                    kept += size
            case Evaluate():
                files = _predictions(phase)
                other += PREDICTION_BYTES * len(phase.data.languages)
            case TrainTokenizer():
                files = 2
                other += TOKENIZER_BYTES
        inodes += FILES + files
    weights, checkpoints = kept + _together(passing, parts), _together(resuming, parts)
    return Storage(weights + checkpoints + other, weights, checkpoints, inodes)


def _together(passing: list[tuple[int, int]], parts: int) -> int:
    """Bytes of the heaviest for their part of the cluster, until nothing is left of it; the last may not fit whole."""
    total = 0
    for size, part in sorted(passing, key=lambda each: each[0] / each[1], reverse=True):
        if parts <= 0:
            break
        total, parts = total + size, parts - part
    return total


def weight_bytes(phase: Train) -> int:
    """What a phase stores: everything that it trained, in fp32; with LoRA adapters and heads alone."""
    return FP32 * counts(phase).trained


def checkpoint_bytes(phase: Train) -> int:
    """What its checkpoints take at most: the newest two and one that is being written."""
    return CHECKPOINTS * STATES * counts(phase).trained


def _predictions(phase: Evaluate) -> int:
    variants = phase.data.languages if reads_every_layer(phase) else ()
    return 2 + len(phase.data.languages) + 5 * len(variants)
