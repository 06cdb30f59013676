"""What a run folder holds at its fullest: weights that are kept or awaited, predictions, and files of each phase."""

import math
from collections.abc import Iterable

from harness.plan.bill import Storage
from harness.plan.counts import counts
from harness.plan.layers import reads_every_layer
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train

FP32 = 4
SHARD_BYTES = 2 << 30  # as harness/worker/checkpoint.py cuts them
FILES = 7  # phase, placement, DeepSpeed configuration, journal, environment, record, and the folder itself
PREDICTION_BYTES = 1 << 20  # of a language: some thousand rows with an id and a label, tags or ranked ids
TOKENIZER_BYTES = 20 << 20


def storage(phases: Iterable[AnyPhase], at_once: int, keep_all: bool) -> Storage:
    """The fullest state of a run folder in which `at_once` launches work.

    Weights of targets are deleted when they have been evaluated, unless `keep_all`: each launch is taken to hold one.
    Intermediate states stay, so that further targets can begin there.
    """
    kept, passing, other, inodes = 0, [0], 0, 0
    for phase in phases:
        match phase:
            case Train():
                size = weight_bytes(phase)
                files = 3 + math.ceil(size / SHARD_BYTES)
                if phase.role == "target" and not keep_all:
                    passing.append(size)
                else:
                    kept += size
            case Evaluate():
                files = _predictions(phase)
                other += PREDICTION_BYTES * len(phase.data.languages)
            case TrainTokenizer():
                files = 2
                other += TOKENIZER_BYTES
        inodes += FILES + files
    weights = kept + sum(sorted(passing, reverse=True)[:at_once])
    return Storage(bytes=weights + other, weights=weights, inodes=inodes)


def weight_bytes(phase: Train) -> int:
    """What a phase stores: everything that it trained, in fp32; with LoRA adapters and heads alone."""
    return FP32 * counts(phase).trained


def _predictions(phase: Evaluate) -> int:
    variants = phase.data.languages if reads_every_layer(phase) else ()
    return 2 + len(phase.data.languages) + 5 * len(variants)
