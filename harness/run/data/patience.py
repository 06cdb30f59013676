"""Requests to the hub, repeated while what stops them may pass: overload, outages, transfers that break."""

import importlib
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds, doubling, with as much again at random
ASKED_PAUSE = 300.0  # seconds that a Retry-After may ask for
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def patiently(attempt: Callable[[], T]) -> T:
    """What `attempt` gives, tried up to TRIES times; raises what the last one raised, or what does not pass at once."""
    errors = importlib.import_module("huggingface_hub.errors")
    for number in range(TRIES - 1):
        try:
            return attempt()
        except (errors.HTTPError, OSError) as error:
            if not _passes(error):
                raise
            time.sleep(_pause(error, number))
    return attempt()


def _passes(error: Any) -> bool:
    """Whether another try may end otherwise: not on a full disk, nor where something is not there or not allowed."""
    response = getattr(error, "response", None)
    if response is not None:
        return response.status_code in PASSING
    return getattr(error, "errno", None) is None


def _pause(error: Any, number: int) -> float:
    response = getattr(error, "response", None)
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    if asked.isdigit():
        return min(float(asked), ASKED_PAUSE)
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**number)
    return longest * random.uniform(1.0, 2.0)
