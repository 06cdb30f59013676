"""The rule of a sweep by which languages are split into low- and high-resource ones."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from harness.spec.value import value


@value
class SplitRule:
    """Where low-resource ends: CC-100 GiB (pretrained models), words seen (scratch models), or Joshi class."""

    by: Literal["size", "joshi"] = "size"
    cc100_gib: PositiveFloat = 5.0
    words: PositiveInt = 20_000
    joshi_class: NonNegativeInt = 2
