"""Pairs of tokens of which one attends to the other, counted: the unit of attention's compute.

A bidirectional sequence of s tokens has s^2 pairs, a causal one s(s + 1)/2, since a token attends to itself and to
those before it. A local layer keeps those of them that lie in its window of w tokens: half of the others on either side
(ModernBERT), or in a causal model all of them before it (Mistral).
"""

from collections.abc import Iterable, Sequence

from harness.spec.model import Architecture


def attending(architecture: Architecture, lengths: Sequence[int]) -> int:
    """Pairs of sequences of these lengths in a layer that attends to everything."""
    squares = sum(length * length for length in lengths)
    return squares if architecture.bidirectional else (squares + sum(lengths)) // 2


def attending_locally(architecture: Architecture, lengths: Iterable[int]) -> int:
    """Pairs in a local layer."""
    assert architecture.window is not None
    if architecture.bidirectional:
        return sum(2 * _band(length, (architecture.window - 1) // 2) - length for length in lengths)
    return sum(_band(length, architecture.window - 1) for length in lengths)


def is_local(architecture: Architecture, number: int) -> bool:
    """Whether a layer has a window."""
    every = architecture.global_every
    return architecture.window is not None and (every is None or number % every != 0)


def _band(length: int, reach: int) -> int:
    """Pairs at distances from 0 to `reach` in one direction."""
    reach = min(reach, length - 1)
    return length * (reach + 1) - reach * (reach + 1) // 2
